"""Checks of a jar that the user brings: what would fail on the service, told at synth."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.java.jar_contents import FLINKS_OWN, JarContents, contents_of
from cdk_managed_flink.code.packaging.archive import MAX_BYTES
from cdk_managed_flink.code.packaging.languages import java_of

# By artifact: where its classes lie. Jars often lose the descriptions of what they are made from.
_PACKAGES = {
    "flink-connector-kinesis": "org/apache/flink/streaming/connectors/kinesis/",
    "flink-connector-aws-kinesis-streams": "org/apache/flink/connector/kinesis/",
    "flink-connector-aws-kinesis-firehose": "org/apache/flink/connector/firehose/",
    "flink-connector-dynamodb": "org/apache/flink/connector/dynamodb/",
    "flink-connector-kafka": "org/apache/flink/connector/kafka/",
    "flink-connector-opensearch": "org/apache/flink/connector/opensearch/",
    "iceberg-flink-runtime": "org/apache/iceberg/flink/",
    "aws-msk-iam-auth": "software/amazon/msk/auth/iam/",
    "flink-sql-avro": "org/apache/flink/formats/avro/",
    "flink-sql-avro-confluent-registry": "org/apache/flink/formats/avro/registry/confluent/",
    "flink-avro-glue-schema-registry": "org/apache/flink/formats/avro/glue/schema/registry/",
    "flink-json-glue-schema-registry": "org/apache/flink/formats/json/glue/schema/registry/",
    "flink-sql-orc": "org/apache/flink/orc/",
    "flink-parquet": "org/apache/flink/formats/parquet/",
    # Any Hadoop will do, such as hadoop-common, which is one artifact.
    "hadoop-client-api": "org/apache/hadoop/",
    "hadoop-client-runtime": "org/apache/hadoop/",
}
# Before 1.15 an artifact's name ended in a version of Scala.
_KINESIS = re.compile(r"flink-(sql-)?connector-(aws-)?kinesis(-streams)?(_2\.\d+)?")
_LEGACY_KINESIS = re.compile(r"flink-(sql-)?connector-kinesis(_2\.\d+)?")
_OLDEST_KINESIS = (1, 15, 2)
# From 5.0 on the legacy connector answers to kinesis-legacy.
_LEGACY_GAVE_UP_ITS_NAME = (5,)
_LEGACY_FACTORY = "org.apache.flink.streaming.connectors.kinesis.table.KinesisDynamicTableFactory"
_FACTORY = "org.apache.flink.connector.kinesis.table.KinesisDynamicTableFactory"
_SINK_FACTORY_BEFORE_5 = "org.apache.flink.connector.kinesis.table.KinesisDynamicTableSinkFactory"
_PLUGINS = {
    "flink-s3-fs-hadoop": "org/apache/flink/fs/s3hadoop/",
    "flink-s3-fs-presto": "org/apache/flink/fs/s3presto/",
}
_OF_ANOTHER_FLINK = re.compile(r"flink-(sql-)?(connector|avro|parquet|orc|csv|protobuf)\b.*")
# The name that connectors of all generations and flavours have in common.
_FAMILY = re.compile(r"flink-(?:sql-)?connector-(?:aws-)?(.+?)(?:-streams)?(?:_2\.\d+)?")
_FLINK_OF = re.compile(r"(?:.*-)?(\d+)\.(\d+)(?:\.\d+)?$")


@dataclass(frozen=True, kw_only=True)
class JarCheck:
    """The checks of a jar.

    Attributes:
        where: What was given the jar, for messages.
        connectors: What the bound sources and sinks need in it.
        has_main: Whether it is started by its manifest's main class.
    """

    where: str
    runtime: Runtime
    connectors: Sequence[Connector]
    has_main: bool

    def run(self, jar: Path) -> None:
        """Check a jar.

        Raises:
            ValueError: Everything that the service or Flink would refuse, a line for each.
        """
        try:
            contents = contents_of(jar)
        except zipfile.BadZipFile:
            raise self._invalid(
                "jar", str(jar), "a jar", "Its content is no zip file: build it again."
            ) from None
        problems = [str(problem) for problem in self._problems(jar, contents)]
        if problems:
            raise ValueError("\n".join(problems))

    def _problems(self, jar: Path, contents: JarContents) -> Iterator[ValueError]:
        yield from self._form(jar, contents)
        yield from self._foreign(contents)
        yield from self._kinesis(contents)
        yield from self._kafka(contents)
        yield from self._other_flink(contents)
        yield from self._other_generation(contents)
        yield from self._missing(contents)

    def _form(self, jar: Path, contents: JarContents) -> Iterator[ValueError]:
        if contents.size > MAX_BYTES:
            yield self._invalid(
                "size of the jar",
                f"{contents.size / 1024**2:.0f} MiB",
                "at most 512 MiB",
                "Take scope provided for what the service has, and leave out what isn't needed.",
            )
        if self.has_main and not contents.main_class:
            yield self._invalid(
                "main class",
                f"none in the manifest of {jar.name}",
                "Main-Class in META-INF/MANIFEST.MF",
                "The service starts that class: name it with the ManifestResourceTransformer of "
                "maven-shade-plugin (<mainClass>).",
            )
        java = java_of(self.runtime)
        if contents.java > java:
            yield self._invalid(
                "Java",
                f"{contents.java}, of {contents.newest}",
                f"up to {java}, which runs jobs on {self.runtime.name}",
                f"Set maven.compiler.release to {java}, and take a version of the dependency that "
                "is built for it.",
            )

    def _foreign(self, contents: JarContents) -> Iterator[ValueError]:
        if contents.classes:
            modules = ", ".join(FLINKS_OWN[name] for name in contents.classes)
            yield self._invalid(
                "jar",
                f"one with classes of {modules}",
                "a jar without Flink's own classes",
                "The service has them, and two copies don't fit each other: give these "
                "dependencies <scope>provided</scope>.",
            )
        for artifact, package in _PLUGINS.items():
            if contents.has_package(package):
                yield self._invalid(
                    "jar",
                    f"one with {artifact}",
                    "a jar without file systems",
                    "It is a plugin, which works only in a cluster's own plugins folder, and the "
                    "service has a file system for s3:// of its own: remove the dependency.",
                )

    def _kinesis(self, contents: JarContents) -> Iterator[ValueError]:
        found = [c for c in contents.connectors if _KINESIS.fullmatch(c.artifact)]
        legacy = [c for c in found if _LEGACY_KINESIS.fullmatch(c.artifact)]
        for connector in legacy:
            if _numbers(connector.version) < _OLDEST_KINESIS:
                yield self._invalid(
                    "jar",
                    f"one with {connector}",
                    "a Kinesis connector from 1.15.2 on",
                    "The service refuses older ones when the application is made: take "
                    "flink-connector-kinesis 4.3.0-1.19 or later.",
                )
        claim = [c for c in found if c not in legacy] + [
            c for c in legacy if _numbers(c.version) < _LEGACY_GAVE_UP_ITS_NAME
        ]
        both = {_LEGACY_FACTORY, _FACTORY, _SINK_FACTORY_BEFORE_5} <= set(contents.factories)
        if len(claim) > 1 or both:
            names = [str(c) for c in claim] if len(claim) > 1 else [_LEGACY_FACTORY, _FACTORY]
            yield self._invalid(
                "jar",
                "one with two artifacts that serve the identifier 'kinesis'",
                "one, as Flink plans nothing with more",
                f"Leave out all but one of: {', '.join(names)}.",
            )

    def _kafka(self, contents: JarContents) -> Iterator[ValueError]:
        if contents.has_package(_PACKAGES["aws-msk-iam-auth"]) and not contents.has_package(
            "org/apache/kafka/clients/"
        ):
            yield self._invalid(
                "jar",
                "one with aws-msk-iam-auth and no Kafka client under its own name",
                "both in one jar, not relocated",
                "The login classes call Kafka's: take flink-connector-kafka with kafka-clients, "
                "as flink-sql-connector-kafka moves its copy to another package.",
            )

    def _other_flink(self, contents: JarContents) -> Iterator[ValueError]:
        ours = self.runtime.flink_version
        for each in contents.connectors:
            match = _FLINK_OF.match(each.version)
            if (
                each.group != "org.apache.flink"
                or not _OF_ANOTHER_FLINK.fullmatch(each.artifact)
                or match is None
            ):
                continue
            theirs = int(match[1]), int(match[2])
            # The legacy numbering, such as 1.15.4, is Flink's own as well.
            if theirs[0] != ours[0] or theirs > ours:
                yield self._invalid(
                    "jar",
                    f"one with {each}",
                    f"artifacts for Flink {ours[0]}.{ours[1]} or an earlier {ours[0]}.x",
                    f"It is made for Flink {theirs[0]}.{theirs[1]}: take the version for "
                    f"{self.runtime.name}.",
                )

    def _other_generation(self, contents: JarContents) -> Iterator[ValueError]:
        for connector in self.connectors:
            for each in contents.connectors:
                if _is_of_another_generation(each, connector):
                    yield self._invalid(
                        "jar",
                        f"one with {each}",
                        f"the generation of {connector}, whose options the bound tables have",
                        f"Take {connector}, or choose the jar's own for the application with "
                        "runtime.with_connectors(...). A job that reaches it in another way says "
                        "check_connectors=False.",
                    )

    def _missing(self, contents: JarContents) -> Iterator[ValueError]:
        there = {(c.group, c.artifact) for c in contents.connectors}
        missing = [
            connector
            for connector in self.connectors
            if (package := _package_of(connector)) is not None
            and not contents.has_package(package)
            and (connector.group, connector.artifact) not in there
            and not any(_is_of_another_generation(c, connector) for c in contents.connectors)
        ]
        if missing:
            snippets = "".join(
                f"\n<dependency><groupId>{c.group}</groupId><artifactId>{c.artifact}</artifactId>"
                f"<version>{c.version}</version></dependency>"
                for c in missing
            )
            yield self._invalid(
                "jar",
                f"one without {', '.join(map(str, missing))}",
                "a jar with the connectors and formats of all bound sources and sinks",
                f"The job's jar is its own whole class path: add{snippets}\nA job that reaches "
                "them in another way sets check_connectors=False.",
            )

    def _invalid(self, prop: str, received: str, allowed: str, mend: str) -> ValueError:
        return invalid(self.where, prop, received, allowed, mend)


def _package_of(connector: Connector) -> str | None:
    return next(
        (
            package
            for artifact, package in _PACKAGES.items()
            if connector.artifact == artifact
            or connector.artifact.startswith(f"{artifact}-1.")
            or connector.artifact.startswith(f"{artifact}-2.")
        ),
        None,
    )


def _is_of_another_generation(found: Connector, wanted: Connector) -> bool:
    """Whether it serves what the other serves, by an identifier or options of its own."""
    family = _FAMILY.fullmatch(found.artifact), _FAMILY.fullmatch(wanted.artifact)
    if family[0] is None or family[1] is None or family[0][1] != family[1][1]:
        return False
    if "-" not in found.version:  # numbered as Flink, such as 1.15.4: before all generations
        return "aws-" in wanted.artifact and "aws-" not in found.artifact
    return _numbers(found.version)[:1] != _numbers(wanted.version)[:1]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("-")[0]))
