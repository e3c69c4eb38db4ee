"""CollectionDestination: a delivery stream that indexes into a serverless collection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_opensearchserverless as serverless

from cdk_managed_flink.application.binding import Watch, WatchKind
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.firehose.buffering import Buffering
from cdk_managed_flink.firehose.delivery_stream import DeliveryStream, Destination
from cdk_managed_flink.firehose.http_destination import RETRY_FOR, check_retry
from cdk_managed_flink.firehose.storage import NEW_BUCKET, DeliveryBucket
from cdk_managed_flink.firehose.watching import firehose_watch
from cdk_managed_flink.opensearch.collection import LONGEST_NAME, OpenSearchServerlessCollection
from cdk_managed_flink.opensearch.domain_destination import MOST_MIB, OPENSEARCH_BUFFERING
from cdk_managed_flink.opensearch.existing import ExistingCollection
from cdk_managed_flink.opensearch.index import age, check_index, check_retention
from cdk_managed_flink.opensearch.names import derived_name
from cdk_managed_flink.opensearch.watching import collection_watches

_L1 = firehose.CfnDeliveryStream


@dataclass(frozen=True, kw_only=True, eq=False)
class CollectionDestination(Destination):
    """Documents in an index of a collection; what it refuses is kept in a bucket.

    Attributes:
        collection: An ``OpenSearchServerlessCollection``, or an ``ExistingCollection``.
        index: Name of the index. Firehose does not rotate it: a time-series collection drops old
            documents by itself.
        retention: How long a time-series collection keeps documents, 24 hours to 3650 days.
            Default: as long as the account's own lifecycle policies keep it, or for ever.
        buffering: Up to 100 MiB. Default 60 seconds or 5 MiB.
        retry_for: How long a delivery is tried again, up to 2 hours. Default 300 seconds.
        failed: The bucket for documents that are not indexed by then. Default: a new one.

    Raises:
        ValueError: What the service refuses, or a retention in a search collection.
    """

    collection: OpenSearchServerlessCollection | ExistingCollection
    index: str
    retention: Duration | None = None
    buffering: Buffering = OPENSEARCH_BUFFERING
    retry_for: Duration = field(default=RETRY_FOR)
    failed: DeliveryBucket = NEW_BUCKET

    metrics = "DeliveryToAmazonOpenSearchServerless"

    def __post_init__(self) -> None:
        where = "OpenSearchSink"
        check_index(where, self.index)
        self.buffering.check(f"{where}.buffering", most_mib=MOST_MIB)
        check_retry(where, self.retry_for)
        if self.retention is None:
            return
        if not self.collection.time_series:
            raise invalid(
                where,
                "retention",
                self.retention,
                "none for a search collection",
                "Only a time-series collection drops documents by their age.",
            )
        check_retention(where, self.retention, least=Duration.hours(24), most=Duration.days(3650))

    def configure(self, stream: DeliveryStream) -> Mapping[str, Any]:
        """Grant access to the collection's API, and writes to the one index."""
        name = derived_name(stream, longest=LONGEST_NAME)
        self._grant(stream, name)
        if self.retention is not None:
            self._retain(stream, name, self.retention)
        way = self.collection.way(stream)
        return {
            "amazon_open_search_serverless_destination_configuration": (
                _L1.AmazonOpenSearchServerlessDestinationConfigurationProperty(
                    collection_endpoint=self.collection.endpoint,
                    index_name=self.index,
                    role_arn=stream.role.role_arn,
                    buffering_hints=_L1.AmazonOpenSearchServerlessBufferingHintsProperty(
                        **self.buffering.hints()
                    ),
                    retry_options=_L1.AmazonOpenSearchServerlessRetryOptionsProperty(
                        duration_in_seconds=self.retry_for.to_seconds()
                    ),
                    s3_backup_mode="FailedDocumentsOnly",
                    s3_configuration=stream.failures(self.failed),
                    cloud_watch_logging_options=stream.logging("Delivery"),
                    vpc_configuration=None if way is None else way.configure(stream),
                )
            )
        }

    def watches(self, stream: DeliveryStream) -> Sequence[Watch]:
        """Documents that were refused, and the collection's own troubles."""
        collection = self.collection
        return [
            firehose_watch(
                stream.delivery_stream_name,
                "FailedDocuments",
                WatchKind.ERRORS,
                "DeliveryToS3.Records",
                "The collection refuses documents: they are in the bucket of failures.",
            ),
            *collection_watches(
                collection.collection_name, collection.collection_id, place_of(stream).account
            ),
        ]

    def _grant(self, stream: DeliveryStream, name: str) -> None:
        """Two locks: IAM for the API, a data access policy for the index."""
        stack, collection = place_of(stream).stack, self.collection
        iam.Grant.add_to_principal(
            grantee=stream.role,
            actions=["aoss:APIAccessAll"],
            resource_arns=[
                stack.format_arn(
                    service="aoss", resource="collection", resource_name=collection.collection_id
                )
            ],
        )
        rule = {
            "ResourceType": "index",
            "Resource": [f"index/{collection.collection_name}/{self.index}"],
            "Permission": [
                "aoss:CreateIndex",
                "aoss:DescribeIndex",
                "aoss:UpdateIndex",
                "aoss:WriteDocument",
            ],
        }
        policy = serverless.CfnAccessPolicy(
            stream,
            "Access",
            name=name,
            type="data",
            policy=stack.to_json_string([{"Rules": [rule], "Principal": [stream.role.role_arn]}]),
        )
        stream.prerequisites.append(policy)

    def _retain(self, stream: DeliveryStream, name: str, retention: Duration) -> None:
        rule = {
            "ResourceType": "index",
            "Resource": [f"index/{self.collection.collection_name}/{self.index}"],
            "MinIndexRetention": age(retention),
        }
        serverless.CfnLifecyclePolicy(
            stream,
            "Retention",
            name=name,
            type="retention",
            policy=place_of(stream).stack.to_json_string({"Rules": [rule]}),
        )
