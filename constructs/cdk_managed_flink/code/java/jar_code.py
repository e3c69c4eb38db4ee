"""A jar that somebody else has built, as an application's code."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import AssetHashType
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from cdk_managed_flink.application.code_location import Code, CodeLocation
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.java.jar_checks import JarCheck
from cdk_managed_flink.code.java.jars import GivenJar
from cdk_managed_flink.code.packaging.bundle import jar_asset
from cdk_managed_flink.code.packaging.digest import digest_of
from cdk_managed_flink.code.packaging.job_jar import needs_formats, split

_WHERE = "FlinkCode.from_jar"


@dataclass(frozen=True)
class JarCode(Code):
    """What ``FlinkCode.from_jar`` makes."""

    path: Path
    check_connectors: bool

    def __post_init__(self) -> None:
        if not self.path.is_file() or self.path.suffix != ".jar":
            raise invalid(
                _WHERE,
                "path",
                str(self.path),
                "a file that ends in .jar",
                f"There is none at {self.path.absolute()}; a relative path is taken from the "
                "working directory.",
            )

    def bind(
        self, scope: Construct, *, runtime: Runtime, connectors: Sequence[Connector]
    ) -> CodeLocation:
        """Check the jar and hand it over as an asset, under the digest of its content."""
        for_jar, _ = split(connectors)
        check = JarCheck(
            where=_WHERE,
            runtime=runtime,
            connectors=for_jar if self.check_connectors else (),
            has_main=True,
        )
        check.run(self.path)
        asset = (
            jar_asset(scope, path=self.path.parent, jar=GivenJar(self.path, check, formats=True))
            if needs_formats(connectors)
            else self._as_it_is(scope)
        )
        return CodeLocation(bucket_arn=asset.bucket.bucket_arn, file_key=asset.s3_object_key)

    def validate(
        self, *, sources: Collection[str], sinks: Collection[str], groups: Collection[str]
    ) -> list[str]:
        """Nothing: which names the classes ask for is not known here."""
        return []

    def _as_it_is(self, scope: Construct) -> s3_assets.Asset:
        return s3_assets.Asset(
            scope,
            "Code",
            path=str(self.path.absolute()),
            asset_hash=digest_of(self.path),
            asset_hash_type=AssetHashType.CUSTOM,
        )
