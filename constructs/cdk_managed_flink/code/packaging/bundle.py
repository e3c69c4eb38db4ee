"""A package that is made for the job, as an asset of the stack."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import jsii
from aws_cdk import (
    Annotations,
    AssetHashType,
    BundlingOptions,
    BundlingOutput,
    DockerImage,
    ILocalBundling,
)
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.code.packaging.archive import source_hash
from cdk_managed_flink.code.packaging.job_jar import JobJar


def is_bundled(scope: Construct) -> bool:
    """Whether packages are made at all; they are not for ``cdk ls`` and for other stacks."""
    return place_of(scope).stack.bundling_required


def warn_of_jar(scope: Construct, warnings: Sequence[str]) -> None:
    """Warn of conflicts in the job's jar."""
    for warning in warnings:
        Annotations.of(scope).add_warning_v2("cdk-managed-flink:jar", warning)


def jar_asset(scope: Construct, *, path: Path, jar: JobJar) -> s3_assets.Asset:
    """A jar that is the job itself, as the asset ``Code``; built only where it is bundled."""
    # Before the asset: an error inside of its bundling comes out as jsii's, not as ours.
    built = Path()
    if is_bundled(scope):
        built, warnings = jar.build()
        warn_of_jar(scope, warnings)
    return bundled_asset(
        scope,
        path=path,
        asset_hash=source_hash(jar.sources(), []),
        file="job.jar",
        write=lambda target: _copy(built, target),
    )


def bundled_asset(
    scope: Construct, *, path: Path, asset_hash: str, file: str, write: Callable[[Path], None]
) -> s3_assets.Asset:
    """The asset ``Code``, one file that ``write`` puts where it is told.

    Args:
        scope: The application.
        path: What the package is made from, for CDK.
        asset_hash: Hash of what it is made from, never of the output.
        file: The file's name, for its suffix.
        write: Must not fail: an error inside of CDK's bundling comes out as jsii's, not as ours.
    """
    return s3_assets.Asset(
        scope,
        "Code",
        path=str(path.absolute()),
        asset_hash=asset_hash,
        asset_hash_type=AssetHashType.CUSTOM,
        # Bundling, rather than a file of ours: CDK knows when not to, and keeps a place in
        # cdk.out that was not bundled apart from one that was.
        bundling=BundlingOptions(
            image=DockerImage.from_registry("unused"),
            local=_Local(file, write),
            output_type=BundlingOutput.ARCHIVED,
        ),
    )


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


@jsii.implements(ILocalBundling)
class _Local:
    """Writes the file where CDK asks for it; never falls back to a container."""

    def __init__(self, file: str, write: Callable[[Path], None]) -> None:
        self._file = file
        self._write = write

    def try_bundle(self, output_dir: str, *_: object, **__: object) -> bool:
        self._write(Path(output_dir, self._file))
        return True
