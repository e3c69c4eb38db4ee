"""IcebergMaintenance: Glue's optimizers, which keep a table small and quick to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.s3.lake_table import catalog_arns

# Optimizer types by the names of their log groups, which the service fixes.
_LOGS = {
    "compaction": "iceberg-compaction",
    "retention": "iceberg-retention",
    "orphan_file_deletion": "iceberg-orphan-file-deletion",
}
_L1 = glue.CfnTableOptimizer


@dataclass(frozen=True, kw_only=True)
class IcebergMaintenance:
    """Which of Glue's optimizers run on a table. Each is paid by the time that it runs.

    Attributes:
        compaction: Small files become larger ones. Default on: a job writes a file for each
            partition, task and checkpoint.
        snapshots_kept_for_days: Older versions of the table go, and files with them. Default 5;
            ``None`` keeps all.
        snapshots_kept: So many versions stay however old they are. Default 10.
        orphans_deleted_after_days: Files that no version names go after this. Default 3; ``None``
            keeps them. It has to be longer than a checkpoint takes: a file of a commit that is
            still to come is such a file.

    Raises:
        ValueError: Nothing is on, or a number below 1.
    """

    compaction: bool = True
    snapshots_kept_for_days: int | None = 5
    snapshots_kept: int = 10
    orphans_deleted_after_days: int | None = 3

    def __post_init__(self) -> None:
        days = {
            "snapshots_kept_for_days": self.snapshots_kept_for_days,
            "snapshots_kept": self.snapshots_kept,
            "orphans_deleted_after_days": self.orphans_deleted_after_days,
        }
        for name, number in days.items():
            if number is not None and number < 1:
                raise invalid(
                    "IcebergMaintenance", name, number, "1 or more", "None switches it off."
                )
        if not self.compaction and not self._configurations():
            raise invalid(
                "IcebergMaintenance",
                "compaction",
                False,
                "at least one optimizer",
                "Remove maintenance= where nothing is to be done.",
            )

    def create(
        self,
        scope: Construct,
        *,
        database: str,
        name: str,
        prerequisites: Sequence[IConstruct],
        bucket: s3.IBucket,
        prefix: str,
        key: kms.IKey | None,
    ) -> list[glue.CfnTableOptimizer]:
        """Make the optimizers and the role that they share.

        Args:
            scope: Where; the ids are taken in it.
            database: Database of the table.
            name: Name of the table.
            prerequisites: What has to be there first: the table, where it is made.
            bucket: Where its files are.
            prefix: And below what.
            key: That encrypts them.
        """
        configurations = self._configurations()
        role = self._role(
            scope,
            [*catalog_arns(scope, database, name)],
            bucket.arn_for_objects(f"{prefix}*"),
            bucket.bucket_arn,
            list(configurations),
        )
        if key is not None:
            grant_key_through(
                key, role, service="s3", actions=["kms:Decrypt", "kms:GenerateDataKey"]
            )
        made = []
        for type_, configuration in configurations.items():
            optimizer = _L1(
                scope,
                "".join(word.capitalize() for word in type_.split("_")),
                catalog_id=place_of(scope).account,
                database_name=database,
                table_name=name,
                type=type_,
                table_optimizer_configuration=_L1.TableOptimizerConfigurationProperty(
                    enabled=True, role_arn=role.role_arn, **configuration
                ),
            )
            # The service tries the role's rights when an optimizer is made.
            optimizer.node.add_dependency(role, *prerequisites)
            made.append(optimizer)
        return made

    def _configurations(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        if self.compaction:
            found["compaction"] = {}
        if self.snapshots_kept_for_days is not None:
            found["retention"] = {
                "retention_configuration": _L1.RetentionConfigurationProperty(
                    iceberg_configuration=_L1.IcebergRetentionConfigurationProperty(
                        snapshot_retention_period_in_days=self.snapshots_kept_for_days,
                        number_of_snapshots_to_retain=self.snapshots_kept,
                        clean_expired_files=True,
                    )
                )
            }
        if self.orphans_deleted_after_days is not None:
            found["orphan_file_deletion"] = {
                "orphan_file_deletion_configuration": _L1.OrphanFileDeletionConfigurationProperty(
                    iceberg_configuration=_L1.IcebergConfigurationProperty(
                        orphan_file_retention_period_in_days=self.orphans_deleted_after_days
                    )
                )
            }
        return found

    def _role(
        self,
        scope: Construct,
        table: list[str],
        objects: str,
        bucket_arn: str,
        types: list[str],
    ) -> iam.Role:
        """What Glue's guide lists ("Table optimization prerequisites"), on this table alone."""
        role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("glue.amazonaws.com"))
        stack = place_of(scope).stack
        logs = [
            stack.format_arn(
                service="logs",
                resource=f"log-group:/aws-glue/{_LOGS[type_]}/logs:*",
            )
            for type_ in types
        ]
        for actions, resources in (
            (["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], [objects]),
            (["s3:ListBucket"], [bucket_arn]),
            (["glue:GetTable", "glue:UpdateTable"], table),
            (["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], logs),
        ):
            iam.Grant.add_to_principal(grantee=role, actions=actions, resource_arns=resources)
        acknowledge_wildcard(role, objects, "An optimizer names the files that it writes.")
        for arn in logs:
            acknowledge_wildcard(
                role, arn, "The service fixes the log group, and names its streams by runs."
            )
        return role
