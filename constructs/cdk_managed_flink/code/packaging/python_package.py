"""The zip of a job in SQL or Python: its files, its packages, its one jar."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.code.packaging.archive import check_size, source_hash, write_zip
from cdk_managed_flink.code.packaging.bundle import bundled_asset, is_bundled, warn_of_jar
from cdk_managed_flink.code.packaging.job_jar import JobJar
from cdk_managed_flink.code.packaging.pom import JAR
from cdk_managed_flink.code.packaging.requirements import Requirements
from cdk_managed_flink.code.packaging.secret_reader import HASHES, PINS, without_other_services
from cdk_managed_flink.code.packaging.wheels import packages_of

JAR_IN_ZIP = f"lib/{JAR}"


@dataclass(frozen=True, kw_only=True)
class PythonPackage:
    """What becomes the zip.

    Attributes:
        path: The job's folder, as the user wrote it.
        texts: The job's own files by their names in the zip.
        folder: The folder in the zip that is on Python's path.
        jar: The one jar.
        requirements: Packages that the job asks for.
        reads_secrets: Whether what reads secrets is packaged as well.
    """

    path: Path
    texts: Mapping[str, bytes]
    folder: str
    jar: JobJar
    requirements: Requirements
    reads_secrets: bool

    def asset(self, scope: Construct) -> s3_assets.Asset:
        """The zip as an asset; made only where the stack is bundled."""
        files: dict[str, Path] = {}
        # Before the asset: an error inside of its bundling comes out as jsii's, not as ours.
        if is_bundled(scope):
            packages = self._packages()
            jar, warnings = self.jar.build()
            warn_of_jar(scope, warnings)
            files = {**packages, JAR_IN_ZIP: jar}
            check_size(str(self.path), self.texts, files)
        locked = {"requirements": self._all_requirements.lock.encode()}
        return bundled_asset(
            scope,
            path=self.path,
            asset_hash=source_hash(
                {**self.texts, **self.jar.sources(), **(locked if self._has_packages else {})},
                self.jar.artifacts(),
            ),
            file="job.zip",
            write=lambda target: write_zip(target, self.texts, files),
        )

    @property
    def _all_requirements(self) -> Requirements:
        return self.requirements.with_pins(PINS if self.reads_secrets else {}, HASHES)

    @property
    def _has_packages(self) -> bool:
        return bool(self._all_requirements.pins)

    def _packages(self) -> dict[str, Path]:
        if not self._has_packages:
            return {}
        root = packages_of(self._all_requirements)
        found = {
            file.relative_to(root).as_posix(): file for file in root.rglob("*") if file.is_file()
        }
        if self.reads_secrets and "botocore" not in self.requirements.pins:
            found = without_other_services(found)
        packaged = {f"{self.folder}/{name}": file for name, file in found.items()}
        for name in sorted(_modules(packaged, self.folder) & _modules(self.texts, self.folder)):
            raise invalid(
                "FlinkCode.from_python",
                "path",
                f"{self.path / name}",
                "names that no package of the requirements has",
                f"Rename it, or take out the package that brings {name}.",
            )
        return packaged


def _modules(names: Mapping[str, object], folder: str) -> set[str]:
    """The names below the folder that Python could import."""
    inside = (name.removeprefix(f"{folder}/") for name in names if name.startswith(f"{folder}/"))
    return {name.split("/")[0].removesuffix(".py") for name in inside}
