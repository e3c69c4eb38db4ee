"""A job in Java or Scala as an application's code: the jar that the user's Maven project gives."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from constructs import Construct

from cdk_managed_flink.application.code_location import Code, CodeLocation
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.java.jar_checks import JarCheck
from cdk_managed_flink.code.java.jars import ProjectJar
from cdk_managed_flink.code.java.maven_project import MavenProject
from cdk_managed_flink.code.packaging.bundle import jar_asset
from cdk_managed_flink.code.packaging.job_jar import split

WHERE = "FlinkCode.from_maven"


@dataclass(frozen=True)
class MavenCode(Code):
    """What ``FlinkCode.from_maven`` makes."""

    project: MavenProject
    check_connectors: bool

    def bind(
        self, scope: Construct, *, runtime: Runtime, connectors: Sequence[Connector]
    ) -> CodeLocation:
        """Build the jar, check it, and hand it over as an asset."""
        for_jar, _ = split(connectors)
        check = JarCheck(
            where=WHERE,
            runtime=runtime,
            connectors=for_jar if self.check_connectors else (),
            has_main=True,
        )
        asset = jar_asset(scope, path=self.project.path, jar=ProjectJar(self.project, check))
        return CodeLocation(bucket_arn=asset.bucket.bucket_arn, file_key=asset.s3_object_key)

    def validate(
        self, *, sources: Collection[str], sinks: Collection[str], groups: Collection[str]
    ) -> list[str]:
        """Nothing: which names the classes ask for is not known here."""
        return []
