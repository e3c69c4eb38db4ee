"""DynamoDbSink: a DynamoDB table as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import RemovalPolicy, Stack, Token
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_managed_flink.application.application import FlinkApplication
from cdk_managed_flink.application.binding import Binding, Sink, Watch, WatchKind
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.connectors import connector_for


@dataclass(frozen=True, kw_only=True, eq=False)
class DynamoDbSink(Sink[dynamodb.ITableV2]):
    """Items in a table: a row replaces the item with its key.

    The DDL lists the key in ``PARTITIONED BY``, partition key first and sort key after it: two
    rows with one key in one batch would otherwise be refused by the service, over and over.

    Attributes:
        table: An existing table; it is never changed. Default: a new one.
        encryption_key: Key of the existing table, if it does not tell it.
        partition_key: Of the new table: an attribute, or the name of one that holds strings.
        sort_key: Of the new table, likewise. Default: none.
        billing: Of the new table. Default: on-demand, which needs no planning.
        time_to_live_attribute: Attribute with the time, in epoch seconds, at which an item may go.
            Default: items stay.
        point_in_time_recovery: Default on: any second of the last 35 days can be restored.
        table_options: Further connector options; they win over the defaults.
        resource_id: Keeps the table when the SQL table is renamed. Default: its name.
        removal_policy: Of the new table. Default: the application's.

    Raises:
        ValueError: Neither a key nor a table, or settings of a new table beside an existing one.
    """

    table: dynamodb.ITableV2 | None = None
    encryption_key: kms.IKey | None = None
    partition_key: str | dynamodb.Attribute | None = None
    sort_key: str | dynamodb.Attribute | None = None
    billing: dynamodb.Billing | None = None
    time_to_live_attribute: str | None = None
    point_in_time_recovery: bool = True
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
                'Say DynamoDbSink(partition_key="session_id").',
            )
        if self.table is None:
            if self.encryption_key is not None:
                raise invalid(
                    "DynamoDbSink",
                    "encryption_key",
                    self.encryption_key,
                    "the key of an existing table",
                    "A new table is encrypted with the pipeline's data_key.",
                )
            return
        new = ("partition_key", "sort_key", "billing", "time_to_live_attribute", "removal_policy")
        defaults = {**dict.fromkeys(new), "point_in_time_recovery": True}
        for name, default in defaults.items():
            if getattr(self, name) is not default:
                raise invalid(
                    "DynamoDbSink",
                    name,
                    getattr(self, name),
                    "nothing beside table=",
                    "An existing table is never changed: leave it out, or leave out table.",
                )

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        """The DynamoDB connector of the runtime's line."""
        return [connector_for("dynamodb", runtime)]

    def bind(
        self, scope: Construct, application: FlinkApplication, name: str
    ) -> Binding[dynamodb.ITableV2]:
        """Make or take the table; grant the one action that the connector calls."""
        if self.table is None:
            key = application.data_key
            table: dynamodb.ITableV2 = self._new_table(scope, application, name, key)
        else:
            table = self.table
            key = table.encryption_key or self.encryption_key
        iam.Grant.add_to_principal(
            grantee=application,
            actions=["dynamodb:BatchWriteItem"],
            resource_arns=[table.table_arn],
        )
        if key is not None:
            grant_key_through(
                key,
                application,
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
        return Binding(
            properties={
                "connector": "dynamodb",
                "table-name": table.table_name,
                "aws.region": Stack.of(application).region,
                "sink.batch.max-size": "25",
                # One request at a time: with more, an older row may overwrite a newer one.
                "sink.requests.max-inflight": "1",
                "sink.flush-buffer.timeout": "1000",
                **self.table_options,
            },
            resource=table,
            watches=_watches(table),
        )

    def _new_table(
        self, scope: Construct, application: FlinkApplication, name: str, key: kms.IKey | None
    ) -> dynamodb.TableV2:
        assert self.partition_key is not None  # checked in __post_init__
        # The L2 takes a customer managed key only in a stack that names its Region.
        agnostic = Token.is_unresolved(Stack.of(scope).region)
        encryption = dynamodb.TableEncryptionV2
        table = dynamodb.TableV2(
            scope,
            self.resource_id or name,
            partition_key=_attribute(self.partition_key),
            sort_key=None if self.sort_key is None else _attribute(self.sort_key),
            billing=self.billing or dynamodb.Billing.on_demand(),
            encryption=(
                encryption.customer_managed_key(key)
                if key is not None and not agnostic
                else encryption.aws_managed_key()
            ),
            time_to_live_attribute=self.time_to_live_attribute,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=self.point_in_time_recovery
            ),
            removal_policy=effective_removal(
                scope, self.removal_policy or application.removal_policy
            ),
        )
        if key is not None and agnostic:
            resource = table.node.default_child
            assert isinstance(resource, dynamodb.CfnGlobalTable)
            resource.add_property_override(
                "Replicas.0.SSESpecification", {"KMSMasterKeyId": key.key_arn}
            )
        return table


def _attribute(key: str | dynamodb.Attribute) -> dynamodb.Attribute:
    if isinstance(key, str):
        return dynamodb.Attribute(name=key, type=dynamodb.AttributeType.STRING)
    return key


def _watches(table: dynamodb.ITableV2) -> list[Watch]:
    return [
        Watch(
            id="WriteThrottles",
            kind=WatchKind.THROTTLES,
            namespace="AWS/DynamoDB",
            metric_name="WriteThrottleEvents",
            dimensions={"TableName": table.table_name},
            statistic="Sum",
            meaning="Writes are throttled: a hot key, or too little provisioned capacity.",
        ),
        Watch(
            id="SystemErrors",
            kind=WatchKind.ERRORS,
            namespace="AWS/DynamoDB",
            metric_name="SystemErrors",
            dimensions={"TableName": table.table_name, "Operation": "BatchWriteItem"},
            statistic="Sum",
            meaning="DynamoDB answers writes with errors of its own: see the service's health.",
        ),
    ]
