"""The Maven project that merges connectors and the library's own formats into one jar."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.connectors.release_line import ReleaseLine

# Increase with every change that gives another jar or another layout of the zip. It is part of the
# asset's hash, so it restarts every application at its next deploy.
PACKAGER_VERSION = "2"

JAR = "connectors.jar"
# Called one by one: the phases of a jar would bring the plugins for tests as well.
GOALS = ("resources:resources", "compiler:compile", "jar:jar", "shade:shade")
_PLUGINS = {
    "maven-resources-plugin": "3.3.1",
    "maven-compiler-plugin": "3.13.0",
    "maven-jar-plugin": "3.4.1",
    "maven-shade-plugin": "3.6.0",
}
# What the formats are compiled against; the service has all of it.
_COMPILED_AGAINST = (
    "flink-annotations",
    "flink-connector-files",
    "flink-core",
    "flink-json",
    "flink-table-common",
)
_TRANSFORMERS = "org.apache.maven.plugins.shade.resource"
# Flink's own modules and its logging are on the service already; annotations do nothing there.
_PROVIDED = (
    "org.slf4j:*",
    "org.apache.logging.log4j:*",
    "com.google.code.findbugs:*",
    "com.google.errorprone:*",
    "com.google.j2objc:*",
    "org.checkerframework:*",
    *(
        f"org.apache.flink:flink-{module}"
        for module in (
            "annotations*",
            "clients*",
            "connector-base",
            "connector-files",
            "core*",
            "file-sink-common",
            "hadoop-fs",
            "java",
            "json",
            "metrics-*",
            "optimizer",
            "queryable-state-*",
            "rpc-*",
            "runtime*",
            "shaded-*",
            "streaming-*",
            "table-*",
        )
    ),
)
# Signatures don't survive a merge. One artifact's manifest, module or log settings can't speak for
# the whole jar: a log4j2.properties in it would replace the service's own, as would
# a binding of slf4j, which some bundles carry.
_LEFT_OUT = (
    "META-INF/*.DSA",
    "META-INF/*.RSA",
    "META-INF/*.SF",
    "META-INF/MANIFEST.MF",
    "META-INF/maven/**",
    "META-INF/native-image/**",
    "META-INF/versions/*/module-info.class",
    "log4j2.properties",
    "module-info.class",
    "org/slf4j/**",
)


def pom(connectors: Sequence[Connector], line: ReleaseLine) -> str:
    """A pom.xml whose ``GOALS`` write ``target/connectors.jar``."""
    project = ET.Element("project", xmlns="http://maven.apache.org/POM/4.0.0")
    _texts(
        project,
        modelVersion="4.0.0",
        groupId="cdk-managed-flink",
        artifactId="connectors",
        version=PACKAGER_VERSION,
        packaging="jar",
    )
    _texts(
        ET.SubElement(project, "properties"),
        **{
            "maven.compiler.release": line.java,
            "project.build.sourceEncoding": "UTF-8",
        },
    )
    artifacts = line.contents(connectors)
    sdk = line.common_sdk(artifacts)
    if sdk is not None:
        _one_version_of_the_sdk(project, sdk)
    dependencies = ET.SubElement(project, "dependencies")
    for artifact in artifacts:
        dependency = ET.SubElement(dependencies, "dependency")
        _texts(
            dependency,
            groupId=artifact.group,
            artifactId=artifact.artifact,
            version=artifact.version,
        )
        if line.is_closed(artifact, artifacts):
            _alone(dependency)
    for module in (*_COMPILED_AGAINST, *line.further_modules):
        dependency = ET.SubElement(dependencies, "dependency")
        _texts(
            dependency,
            groupId="org.apache.flink",
            artifactId=module,
            version=line.flink,
            scope="provided",
        )
        _alone(dependency)
    plugins = ET.SubElement(ET.SubElement(project, "build"), "plugins")
    for name, version in _PLUGINS.items():
        plugin = ET.SubElement(plugins, "plugin")
        _texts(plugin, groupId="org.apache.maven.plugins", artifactId=name, version=version)
    _shading(ET.SubElement(plugin, "configuration"), line, artifacts)
    ET.indent(project)
    return ET.tostring(project, encoding="unicode") + "\n"


def _one_version_of_the_sdk(project: ET.Element, version: str) -> None:
    """Bring all modules of the AWS SDK to one version, whoever names another."""
    managed = ET.SubElement(ET.SubElement(project, "dependencyManagement"), "dependencies")
    _texts(
        ET.SubElement(managed, "dependency"),
        groupId="software.amazon.awssdk",
        artifactId="bom",
        version=version,
        type="pom",
        scope="import",
    )


def _alone(dependency: ET.Element) -> None:
    """Take the artifact without what its POM names."""
    exclusion = ET.SubElement(ET.SubElement(dependency, "exclusions"), "exclusion")
    _texts(exclusion, groupId="*", artifactId="*")


def _shading(configuration: ET.Element, line: ReleaseLine, artifacts: Sequence[Connector]) -> None:
    _texts(
        configuration,
        outputFile=f"${{project.build.directory}}/{JAR}",
        createDependencyReducedPom="false",
    )
    provided = ET.SubElement(ET.SubElement(configuration, "artifactSet"), "excludes")
    for artifact in _PROVIDED:
        _texts(provided, exclude=artifact)
    relocations = ET.SubElement(configuration, "relocations")
    for package, moved in line.moved(artifacts):
        _texts(ET.SubElement(relocations, "relocation"), pattern=package, shadedPattern=moved)
    left_out = ET.SubElement(ET.SubElement(configuration, "filters"), "filter")
    _texts(left_out, artifact="*:*")
    files = ET.SubElement(left_out, "excludes")
    for pattern in (*_LEFT_OUT, *line.leaves_out):
        _texts(files, exclude=pattern)
    transformers = ET.SubElement(configuration, "transformers")
    # META-INF/services joined: with the first file only, Flink doesn't find the other connectors.
    for name in ("ServicesResourceTransformer", "ApacheLicenseResourceTransformer"):
        ET.SubElement(transformers, "transformer", implementation=f"{_TRANSFORMERS}.{name}")
    notices = ET.SubElement(
        transformers,
        "transformer",
        implementation=f"{_TRANSFORMERS}.ApacheNoticeResourceTransformer",
    )
    _texts(notices, addHeader="false")


def _texts(parent: ET.Element, **texts: str) -> None:
    for tag, text in texts.items():
        ET.SubElement(parent, tag).text = text
