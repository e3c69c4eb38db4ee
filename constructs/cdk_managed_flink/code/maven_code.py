"""A job in Java or Scala as an application's code: the jar that the user's Maven project gives."""

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from constructs import Construct

from cdk_managed_flink.application.code_location import CodeLocation
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.archive import source_hash
from cdk_managed_flink.code.bundle import bundled_asset, is_bundled, warn_of_jar
from cdk_managed_flink.code.code import FlinkCode
from cdk_managed_flink.code.jar_checks import JarCheck
from cdk_managed_flink.code.job_jar import ProjectJar, split
from cdk_managed_flink.code.maven_project import MavenProject

WHERE = "FlinkCode.from_maven"


@dataclass(frozen=True)
class MavenCode(FlinkCode):
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
        jar = ProjectJar(self.project, check)
        # Before the asset: an error inside of its bundling comes out as jsii's, not as ours.
        built = Path()
        if is_bundled(scope):
            built, warnings = jar.build()
            warn_of_jar(scope, warnings)
        asset = bundled_asset(
            scope,
            path=self.project.path,
            asset_hash=source_hash(jar.sources(), []),
            file="job.jar",
            write=lambda target: _copy(built, target),
        )
        return CodeLocation(bucket_arn=asset.bucket.bucket_arn, file_key=asset.s3_object_key)

    def validate(
        self, *, sources: Collection[str], sinks: Collection[str], groups: Collection[str]
    ) -> list[str]:
        """Nothing: which names the classes ask for is not known here."""
        return []


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
