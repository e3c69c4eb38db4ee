"""log4j2 configuration that writes one JSON object a line, without a layout Flink does not ship."""

from __future__ import annotations

from pathlib import Path

# Encoding a converter's output as JSON is the pattern layout's own; JsonTemplateLayout is not in
# Flink's lib. The exception is encoded too, so a record with its stack trace stays one line.
_PATTERN = (
    '{"timestamp":%d{UNIX_MILLIS},"messageType":"%p",'
    '"locationInformation":"%enc{%l}{JSON}","logger":"%enc{%c}{JSON}",'
    '"threadName":"%enc{%t}{JSON}","message":"%enc{%m}{JSON}",'
    '"throwableInformation":"%enc{%xEx{full}}{JSON}"}%n'
)

# Talkative at start and of no use to whoever reads the application's log.
_QUIET = (
    "org.apache.pekko",
    "org.apache.hadoop",
    "org.apache.kafka",
    "com.amazonaws",
    "org.apache.flink.api.java.typeutils.TypeExtractor",
)


def write(path: Path, level: str) -> None:
    """Write the configuration; the file it logs to is the system property `log.file`."""
    lines = [
        "monitorInterval=0",
        f"rootLogger.level={level}",
        "rootLogger.appenderRef.file.ref=File",
        "appender.file.name=File",
        "appender.file.type=File",
        "appender.file.fileName=${sys:log.file}",
        "appender.file.append=true",
        "appender.file.layout.type=PatternLayout",
        "appender.file.layout.alwaysWriteExceptions=false",
        f"appender.file.layout.pattern={_PATTERN}",
    ]
    for number, name in enumerate(_QUIET):
        lines += [f"logger.quiet{number}.name={name}", f"logger.quiet{number}.level=WARN"]
    path.write_text("\n".join(lines) + "\n")
