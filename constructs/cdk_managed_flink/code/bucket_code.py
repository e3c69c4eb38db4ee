"""Code that lies in a bucket already, as an application's code."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from aws_cdk import Annotations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_managed_flink.application.code_location import Code, CodeLocation
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.code.packaging.job_jar import needs_formats

_WHERE = "FlinkCode.from_bucket"
_RUN_OPTIONS = ("python", "jarfile", "pyFiles", "pyArchives")


@dataclass(frozen=True)
class BucketCode(Code):
    """What ``FlinkCode.from_bucket`` makes."""

    bucket: s3.IBucket
    key: str
    object_version: str | None
    run_options: Mapping[str, str]

    def __post_init__(self) -> None:
        if not self.key:
            raise invalid(
                _WHERE,
                "key",
                self.key,
                "the key of a jar or a zip",
                "The application is granted exactly that object of the bucket.",
            )
        if not self.object_version:
            raise invalid(
                _WHERE,
                "object_version",
                self.object_version,
                "the version of the object",
                "The service never loads new content of the same key and version. Turn versioning "
                "of the bucket on, and pass what 'aws s3api head-object --bucket … --key … "
                "--query VersionId' prints, or a parameter that the build sets. For a local file "
                "use FlinkCode.from_jar, whose key changes with the content.",
            )
        unknown = [name for name in self.run_options if name not in _RUN_OPTIONS]
        if unknown or (self.run_options and "python" not in self.run_options):
            raise invalid(
                _WHERE,
                "run_options",
                dict(self.run_options),
                f"python, and {', '.join(_RUN_OPTIONS[1:])}",
                "The service runs the script that python names, and supports none of pyModule, "
                "pyExecutable and pyRequirements.",
            )
        entry = self.run_options.get("python", ".py")
        if not is_token(entry) and not entry.endswith(".py"):
            raise invalid(
                _WHERE,
                "run_options",
                entry,
                "a path in the zip that ends in .py",
                "Name the file itself, with its suffix.",
            )

    def bind(
        self, scope: Construct, *, runtime: Runtime, connectors: Sequence[Connector]
    ) -> CodeLocation:
        """Return where it is; if the bucket has a key of its own, grant decryption."""
        if self.bucket.encryption_key is not None:
            grant_key_through(
                self.bucket.encryption_key,
                cast(iam.IGrantable, scope),
                service="s3",
                actions=["kms:Decrypt"],
            )
        if needs_formats(connectors):
            Annotations.of(scope).add_warning_v2(
                "cdk-managed-flink:json-lines",
                f"{_WHERE}: the job writes the format json-lines, which the library has and Flink "
                f"has not, and what {self.key} holds is not known here. Its jar needs the class "
                "managedflink.formats.JsonLinesFormatFactory, as what the other FlinkCode.from_* "
                'package has it; S3Sink(format="parquet") does without.',
            )
        return CodeLocation(
            bucket_arn=self.bucket.bucket_arn,
            file_key=self.key,
            object_version=self.object_version,
            run_options=self.run_options,
        )

    def validate(
        self, *, sources: Collection[str], sinks: Collection[str], groups: Collection[str]
    ) -> list[str]:
        """Nothing: what is in the object is not known here."""
        return []
