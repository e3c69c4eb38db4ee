"""DynamoDbSink: a DynamoDB table as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Annotations, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_managed_flink.application.answers import key_arn
from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding, Sink, TableRules
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.errors import cannot_combine, check_new_or_existing, invalid
from cdk_managed_flink.application.place import made_in, place_of, region_of
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.connectors.connectors import connector_for
from cdk_managed_flink.connectors.options import checked_options
from cdk_managed_flink.dynamodb.table import (
    check_account,
    check_replicas,
    indexes_of,
    keys_of,
    watches,
)

_NO_ROWS = (
    "the DynamoDB connector writes none; make columns of its fields, or a MAP, or its JSON text"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class DynamoDbSink(Sink[dynamodb.ITableV2]):
    """Items in a table: a row replaces the item with its key.

    The DDL lists the key in ``PARTITIONED BY``, partition key and sort key: two rows with one key
    in one batch would otherwise be refused by the service, over and over. Where the table's key is
    known, a job in SQL is held to it.

    Attributes:
        table: An existing table, or a ``TableV2`` of your own, with the indexes, contributor
            insights or warm throughput that you set on it; it is never changed. Default: a new one.
        encryption_key: Key of the existing table, if the imported resource does not expose it.
        partition_key: Partition key of the new table: an attribute, or the name of one that holds
            strings.
        sort_key: Sort key of the new table, likewise. Default: none.
        billing: Billing mode of the new table. Default: on-demand, which needs no planning.
        time_to_live_attribute: Attribute with the time, in epoch seconds, at which an item may go.
            Default: items stay.
        point_in_time_recovery: Default on: any second of the last 35 days can be restored.
        replicas: Other Regions that the new table is replicated to. The job writes in its own, and
            has no rights in the others; of two writers of one item the last one wins. Default:
            none.
        replica_keys: ARN of a customer managed key by Region, for each replica: only with a
            pipeline that has a data key, and needed there.
        table_options: Further connector options; they win over the defaults.
        resource_id: Keeps the table when the SQL table is renamed. Default: its name.
        removal_policy: Removal policy of the new table. Default: the application's.

    Raises:
        ValueError: Neither a key nor a table, one attribute as both keys, settings of a new table
            with an existing one, or keys that don't fit the replicas; in ``bind`` an option that
            the connector does not know, or a table of another account.
    """

    table: dynamodb.ITableV2 | None = None
    encryption_key: kms.IKey | None = None
    partition_key: str | dynamodb.Attribute | None = None
    sort_key: str | dynamodb.Attribute | None = None
    billing: dynamodb.Billing | None = None
    time_to_live_attribute: str | None = None
    point_in_time_recovery: bool = True
    replicas: Sequence[dynamodb.ReplicaTableProps] = ()
    replica_keys: Mapping[str, str] = field(default_factory=dict)
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    def __post_init__(self) -> None:
        if self.table is None and self.partition_key is None:
            raise invalid(
                "DynamoDbSink",
                "partition_key",
                None,
                "the name of the key attribute, or table= for an existing table",
                'Use DynamoDbSink(partition_key="session_id").',
            )
        check_new_or_existing(
            "DynamoDbSink",
            "table",
            self.table,
            self.encryption_key,
            {
                "partition_key": self.partition_key,
                "sort_key": self.sort_key,
                "billing": self.billing,
                "time_to_live_attribute": self.time_to_live_attribute,
                "replicas": self.replicas,
                "replica_keys": self.replica_keys,
                "removal_policy": self.removal_policy,
            },
        )
        if self.table is None:
            self._check_keys()
            self._check_replicas()
        elif not self.point_in_time_recovery:  # on by default, so that False is what was set
            raise cannot_combine("DynamoDbSink", "point_in_time_recovery", False, "table=")

    def _check_keys(self) -> None:
        keys = [self.partition_key, self.sort_key]
        names = [key.name if isinstance(key, dynamodb.Attribute) else key for key in keys]
        if names[0] == names[1]:
            raise invalid(
                "DynamoDbSink",
                "sort_key",
                names[1],
                "another attribute than partition_key",
                "Remove it where the partition key alone distinguishes items.",
            )

    def _check_replicas(self) -> None:
        regions = [replica.region for replica in self.replicas]
        stray = [region for region in self.replica_keys if region not in regions]
        if stray:
            raise invalid(
                "DynamoDbSink",
                "replica_keys",
                ", ".join(stray),
                f"Regions of replicas: {', '.join(regions) or 'there are none'}",
                "Give a key for each Region that the table is replicated to.",
            )

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return [connector_for("dynamodb", runtime)]

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[dynamodb.ITableV2]:
        """Create or use the table; grant the one action that the connector calls."""
        if self.table is None:
            key = application.data_key
            table: dynamodb.ITableV2 = self._new_table(scope, application, name, key)
        else:
            table = self.table
            key = table.encryption_key or self.encryption_key
            check_account(application, name, table)
        iam.Grant.add_to_principal(
            grantee=application.grant_principal,
            # DynamoDbSinkWriter of every line calls nothing else; indexes take no rights.
            actions=["dynamodb:BatchWriteItem"],
            resource_arns=[table.table_arn],
        )
        if key is not None:
            grant_key_through(
                key,
                application.grant_principal,
                service="dynamodb",
                actions=[
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                    "kms:GenerateDataKey",
                    "kms:DescribeKey",
                ],
            )
        table_name = table.table_name
        keys = keys_of(table) if self.table is not None else self._own_keys()
        if not keys and self.table is not None:
            Annotations.of(application).add_info(
                f"{name}: the existing table does not expose its key at synth. Make sure that the "
                "job's table is PARTITIONED BY exactly its partition key and sort key."
            )
        options = {
            "connector": "dynamodb",
            "table-name": table_name,
            "aws.region": region_of(table),
            "sink.batch.max-size": "25",
            # One request at a time: with more, an older row may overwrite a newer one.
            "sink.requests.max-inflight": "1",
            "sink.flush-buffer.timeout": "1000",
        }
        return Binding(
            properties=checked_options(
                "DynamoDbSink",
                options,
                self.table_options,
                runtime=application.runtime,
                kind="sink",
                fields={"table-name": "Use table= instead.", "aws.region": "It is the table's."},
            ),
            resource=table,
            watches=watches(table_name, [] if self.table is None else indexes_of(table)),
            service_endpoints=["dynamodb"],
            rules=TableRules(keys=keys, no_rows=_NO_ROWS),
            store=("AWS::DynamoDB::GlobalTable", table_name) if self.table is None else None,
        )

    def _own_keys(self) -> list[str]:
        keys = [_attribute(key).name for key in (self.partition_key, self.sort_key) if key]
        return [] if any(map(is_token, keys)) else keys

    def _new_table(
        self, scope: Construct, application: ApplicationBase, name: str, key: kms.IKey | None
    ) -> dynamodb.TableV2:
        assert self.partition_key is not None  # checked in __post_init__
        # The L2 takes a customer managed key only in a stack that names its Region.
        agnostic = is_token(place_of(scope).region)
        if self.replicas:
            regions = [replica.region for replica in self.replicas]
            check_replicas(application, regions, self.replica_keys, agnostic=agnostic)
        encryption = dynamodb.TableEncryptionV2
        table = dynamodb.TableV2(
            scope,
            self.resource_id or name,
            partition_key=_attribute(self.partition_key),
            sort_key=None if self.sort_key is None else _attribute(self.sort_key),
            billing=self.billing or dynamodb.Billing.on_demand(),
            encryption=(
                encryption.customer_managed_key(key, dict(self.replica_keys) or None)
                if key is not None and not agnostic
                else encryption.aws_managed_key()
            ),
            time_to_live_attribute=self.time_to_live_attribute,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=self.point_in_time_recovery
            ),
            replicas=list(self.replicas) or None,
            removal_policy=effective_removal(
                scope, self.removal_policy or application.removal_policy
            ),
        )
        made_in(place_of(scope), table)
        if key is not None and agnostic:
            resource = table.node.default_child
            assert isinstance(resource, dynamodb.CfnGlobalTable)
            resource.add_property_override(
                "Replicas.0.SSESpecification", {"KMSMasterKeyId": key_arn(key)}
            )
        return table


def _attribute(key: str | dynamodb.Attribute) -> dynamodb.Attribute:
    if isinstance(key, str):
        return dynamodb.Attribute(name=key, type=dynamodb.AttributeType.STRING)
    return key
