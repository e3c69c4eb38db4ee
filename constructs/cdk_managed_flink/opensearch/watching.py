"""What of a domain or a collection is worth an alarm.

Source: "Recommended CloudWatch alarms for Amazon OpenSearch Service" and "Monitoring OpenSearch
Serverless with Amazon CloudWatch", developer guide.
"""

from aws_cdk import Arn, ArnFormat

from cdk_managed_flink.application.binding import Watch, WatchKind


def domain_watches(domain_arn: str) -> list[Watch]:
    """Signs that a domain takes no writes."""
    parts = Arn.split(domain_arn, ArnFormat.SLASH_RESOURCE_NAME)
    dimensions = {"DomainName": str(parts.resource_name), "ClientId": str(parts.account)}
    return [
        Watch(
            id=id_,
            kind=kind,
            namespace="AWS/ES",
            metric_name=metric,
            dimensions=dimensions,
            statistic=statistic,
            meaning=meaning,
        )
        for id_, kind, metric, statistic, meaning in (
            (
                "ClusterRed",
                WatchKind.ERRORS,
                "ClusterStatus.red",
                "Maximum",
                "A primary shard is on no node: documents of its index are neither written nor "
                "found.",
            ),
            (
                "WritesBlocked",
                WatchKind.ERRORS,
                "ClusterIndexWritesBlocked",
                "Maximum",
                "The domain refuses writes: storage or heap is short.",
            ),
            (
                "WritesRejected",
                WatchKind.THROTTLES,
                "ThreadpoolWriteRejected",
                "Sum",
                "Bulk requests are rejected, as their queue is full: add or enlarge data nodes.",
            ),
        )
    ]


def collection_watches(collection_name: str, collection_id: str, account: str) -> list[Watch]:
    """Signs that a collection takes no writes."""
    return [
        Watch(
            id="IngestionErrors",
            kind=WatchKind.ERRORS,
            namespace="AWS/AOSS",
            metric_name="IngestionRequestErrors",
            dimensions={
                "CollectionName": collection_name,
                "CollectionId": collection_id,
                "ClientId": account,
            },
            statistic="Sum",
            meaning="Bulk requests fail: look at the limit of OCUs and at the delivery log.",
        )
    ]
