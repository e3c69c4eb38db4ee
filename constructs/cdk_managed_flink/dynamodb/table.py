"""Tables of DynamoDB: what is asked of existing and of replicated ones, and what is watched."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_dynamodb as dynamodb

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Watch, WatchKind
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import account_of, place_of
from cdk_managed_flink.application.tokens import is_token


def check_account(application: ApplicationBase, name: str, table: dynamodb.ITableV2) -> None:
    """Refuse a table that the connector would look for in the wrong account.

    Raises:
        ValueError: Both accounts are known at synth, and differ.
    """
    here, there = place_of(application).account, account_of(table)
    if is_token(here) or is_token(there) or here == there:
        return
    raise invalid(
        application,
        f"table of {name!r}",
        table.table_arn,
        "a table of the application's own account",
        "The connector is given a table's name, which means its own account's.",
    )


def keys_of(table: dynamodb.ITableV2) -> list[str]:
    """Partition key and sort key; nothing where a table or its key is known only in the deploy."""
    resource = table.node.default_child
    if not isinstance(resource, dynamodb.CfnGlobalTable | dynamodb.CfnTable):
        return []
    schema = place_of(table).stack.resolve(resource.key_schema)
    names = [key.get("attributeName") for key in schema]
    return names if all(isinstance(name, str) for name in names) else []


def indexes_of(table: dynamodb.ITableV2) -> list[str]:
    """Names of the global secondary indexes; nothing for a table that is not of this app."""
    resource = table.node.default_child
    if not isinstance(resource, dynamodb.CfnGlobalTable | dynamodb.CfnTable):
        return []
    indexes = place_of(table).stack.resolve(resource.global_secondary_indexes) or []
    return [index["indexName"] for index in indexes if isinstance(index["indexName"], str)]


def check_replicas(
    application: ApplicationBase,
    regions: Sequence[str],
    keys: Mapping[str, str],
    *,
    agnostic: bool,
) -> None:
    """Refuse replicas that the stack or the data key does not allow.

    Raises:
        ValueError: The stack names no Region, or the keys don't fit the pipeline's data key.
    """
    if agnostic:
        raise invalid(
            application,
            "replicas",
            list(regions),
            "replicas in a stack that names its Region",
            "Use Stack(..., env=Environment(region=...)): the table's own Region must not be "
            "among the replicas'.",
        )
    bare = [region for region in regions if region not in keys]
    if application.data_key is not None and bare:
        raise invalid(
            application,
            "replica_keys",
            dict(keys),
            "a customer managed key for each replica, as the pipeline has a data key",
            f"A key works in its own Region alone: add the ARN of one in {', '.join(bare)}.",
        )
    if application.data_key is None and keys:
        raise invalid(
            application,
            "replica_keys",
            dict(keys),
            "nothing without a data key of the pipeline",
            "All copies are encrypted alike: give the pipeline a data_key, or leave it out.",
        )


def watches(name: str, indexes: Sequence[str]) -> list[Watch]:
    """What CloudWatch reports about writes into a table, by its name, and into its indexes."""
    return [
        *(
            Watch(
                id=f"WriteThrottles-{index}",
                kind=WatchKind.THROTTLES,
                namespace="AWS/DynamoDB",
                metric_name="WriteThrottleEvents",
                dimensions={"TableName": name, "GlobalSecondaryIndexName": index},
                statistic="Sum",
                meaning=f"Writes into the index {index} are throttled, and with it those into the "
                "table: a hot key of the index, or too little capacity.",
            )
            for index in indexes
        ),
        Watch(
            id="WriteThrottles",
            kind=WatchKind.THROTTLES,
            namespace="AWS/DynamoDB",
            metric_name="WriteThrottleEvents",
            dimensions={"TableName": name},
            statistic="Sum",
            meaning="Writes are throttled: a hot key, or too little provisioned capacity.",
        ),
        Watch(
            id="SystemErrors",
            kind=WatchKind.ERRORS,
            namespace="AWS/DynamoDB",
            metric_name="SystemErrors",
            dimensions={"TableName": name, "Operation": "BatchWriteItem"},
            statistic="Sum",
            meaning="DynamoDB answers writes with errors of its own: see the service's health.",
        ),
    ]
