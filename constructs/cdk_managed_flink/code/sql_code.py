"""A SQL job as an application's code: one zip with its script, the runner and the jar."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import jsii
from aws_cdk import (
    Annotations,
    AssetHashType,
    BundlingOptions,
    BundlingOutput,
    DockerImage,
    ILocalBundling,
    Stack,
)
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from cdk_managed_flink.application.code_location import CodeLocation
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code import own_formats
from cdk_managed_flink.code.archive import check_size, source_hash, write_zip
from cdk_managed_flink.code.code import FlinkCode
from cdk_managed_flink.code.connectors import release_line
from cdk_managed_flink.code.jar_cache import jar_of
from cdk_managed_flink.code.pom import JAR, pom
from cdk_managed_flink.code.sql_job import RUN_OPTIONS, SqlJob
from cdk_managed_flink.code.sql_usage import SqlUsage

_JAR_IN_ZIP = f"lib/{JAR}"


class SqlCode(FlinkCode):
    """What ``FlinkCode.from_sql`` makes."""

    def __init__(self, path: str | Path) -> None:
        self._job = SqlJob(Path(path))

    def bind(
        self, scope: Construct, *, runtime: Runtime, connectors: Sequence[Connector]
    ) -> CodeLocation:
        """Package the script, the runner and the connectors' jar as one asset."""
        for warning in self._job.warnings:
            Annotations.of(scope).add_warning_v2("cdk-managed-flink:sql", warning)
        line = release_line(runtime)
        artifacts = line.contents(connectors)
        formats = own_formats.sources()
        files: dict[str, Path] = {}
        # Before the asset: an error inside of its bundling comes out as jsii's, not as ours.
        if Stack.of(scope).bundling_required:
            files[_JAR_IN_ZIP] = jar_of(pom(connectors, line), formats)
        texts = self._job.files
        check_size(str(self._job.path), texts, files)
        asset = s3_assets.Asset(
            scope,
            "Code",
            path=str(self._job.path.absolute()),
            asset_hash=source_hash({**texts, **formats}, artifacts),
            asset_hash_type=AssetHashType.CUSTOM,
            # Bundling, rather than a file of ours: CDK knows when not to, and keeps a place in
            # cdk.out that was not bundled apart from one that was.
            bundling=BundlingOptions(
                image=DockerImage.from_registry("unused"),
                local=_Zip(texts, files),
                output_type=BundlingOutput.ARCHIVED,
            ),
        )
        return CodeLocation(
            bucket_arn=asset.bucket.bucket_arn,
            file_key=asset.s3_object_key,
            run_options={**RUN_OPTIONS, "jarfile": _JAR_IN_ZIP},
        )

    def validate(
        self, *, sources: Collection[str], sinks: Collection[str], groups: Collection[str]
    ) -> list[str]:
        """Names that stand for nothing, sinks that are not written, sources that are not read."""
        usage = SqlUsage(str(self._job.script), self._job.statements)
        return usage.problems(sources=sources, sinks=sinks, groups=groups)


@jsii.implements(ILocalBundling)
class _Zip:
    """Writes the zip where CDK asks for it; never falls back to a container."""

    def __init__(self, texts: Mapping[str, bytes], files: Mapping[str, Path]) -> None:
        self._texts = texts
        self._files = files

    def try_bundle(self, output_dir: str, *_: object, **__: object) -> bool:
        write_zip(Path(output_dir, "job.zip"), self._texts, self._files)
        return True
