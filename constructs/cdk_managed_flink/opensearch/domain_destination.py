"""DomainDestination: a delivery stream that indexes into a domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Annotations, CfnOutput, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.binding import Watch, WatchKind
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.firehose.buffering import Buffering
from cdk_managed_flink.firehose.delivery_stream import DeliveryStream, Destination
from cdk_managed_flink.firehose.http_destination import RETRY_FOR, check_retry
from cdk_managed_flink.firehose.storage import NEW_BUCKET, DeliveryBucket
from cdk_managed_flink.firehose.watching import firehose_watch
from cdk_managed_flink.opensearch.domain import OpenSearchDomain
from cdk_managed_flink.opensearch.existing import ExistingDomain
from cdk_managed_flink.opensearch.index import IndexRotation, check_index, check_retention, rotated
from cdk_managed_flink.opensearch.watching import domain_watches
from cdk_managed_flink.opensearch.writer import let_in

_L1 = firehose.CfnDeliveryStream
OPENSEARCH_BUFFERING = Buffering(interval=Duration.seconds(60))
MOST_MIB = 100


@dataclass(frozen=True, kw_only=True, eq=False)
class DomainDestination(Destination):
    """Documents in an index of a domain; what the domain refuses is kept in a bucket.

    Attributes:
        domain: An ``OpenSearchDomain``, or an ``ExistingDomain``.
        index: Name of the index, to which rotation adds the time.
        rotation: Default daily.
        retention: How long an index is kept, by an index state policy; 1 hour to 10 years.
            Default: for ever.
        buffering: Up to 100 MiB. Default 60 seconds or 5 MiB.
        retry_for: How long a delivery is tried again, up to 2 hours. Default 300 seconds.
        failed: The bucket for documents that are not indexed by then. Default: a new one.
        let_in_by_hand: Says that the delivery stream's role will be mapped to a security role of
            an existing domain with fine-grained access control.

    Raises:
        ValueError: What the service refuses, a retention without rotation, or an existing domain
            that nobody says will let the delivery stream in.
    """

    domain: OpenSearchDomain | ExistingDomain
    index: str
    rotation: IndexRotation = IndexRotation.DAILY
    retention: Duration | None = None
    buffering: Buffering = OPENSEARCH_BUFFERING
    retry_for: Duration = field(default=RETRY_FOR)
    failed: DeliveryBucket = NEW_BUCKET
    let_in_by_hand: bool = False

    metrics = "DeliveryToAmazonOpenSearchService"

    def __post_init__(self) -> None:
        where = "OpenSearchSink"
        check_index(where, self.index)
        self.buffering.check(f"{where}.buffering", most_mib=MOST_MIB)
        check_retry(where, self.retry_for)
        if self.retention is not None:
            self._check_retention(self.retention)
        existing = self.domain if isinstance(self.domain, ExistingDomain) else None
        if existing and existing.fine_grained_access and not self.let_in_by_hand:
            raise invalid(
                where,
                "let_in_by_hand",
                self.let_in_by_hand,
                "True for an existing domain with fine-grained access control",
                "Its security is not changed from here, so until its administrator maps the "
                "delivery stream's role, which the stack puts out, all documents go to the bucket "
                "of failures. Say that it will be done, with PUT _plugins/_security/api/roles/"
                f"{self.index}-writer and PUT _plugins/_security/api/rolesmapping/{self.index}"
                "-writer as the sink's page in the docs shows them.",
            )
        if self.let_in_by_hand and not existing:
            raise invalid(
                where,
                "let_in_by_hand",
                self.let_in_by_hand,
                "False for a new domain",
                "The stack maps the role itself: leave it out.",
            )

    def configure(self, stream: DeliveryStream) -> Mapping[str, Any]:
        """Grant what Firehose's guide lists for a domain, and let the role into the domain."""
        self._grant(stream.role)
        self._let_in(stream)
        way = self.domain.way(stream)
        return {
            "amazonopensearchservice_destination_configuration": (
                _L1.AmazonopensearchserviceDestinationConfigurationProperty(
                    domain_arn=self.domain.domain_arn,
                    index_name=self.index,
                    index_rotation_period=self.rotation.value,
                    role_arn=stream.role.role_arn,
                    # By the record's place in the stream: a delivery that is repeated overwrites.
                    document_id_options=_L1.DocumentIdOptionsProperty(
                        default_document_id_format="FIREHOSE_DEFAULT"
                    ),
                    buffering_hints=_L1.AmazonopensearchserviceBufferingHintsProperty(
                        **self.buffering.hints()
                    ),
                    retry_options=_L1.AmazonopensearchserviceRetryOptionsProperty(
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
        """Documents that were refused, and the domain's own troubles."""
        return [
            firehose_watch(
                stream.delivery_stream_name,
                "FailedDocuments",
                WatchKind.ERRORS,
                "DeliveryToS3.Records",
                "The domain refuses documents: they are in the bucket of failures.",
            ),
            *domain_watches(self.domain.domain_arn),
        ]

    @property
    def _pattern(self) -> str:
        return rotated(self.index, self.rotation)

    def _grant(self, role: iam.Role) -> None:
        arn, index = self.domain.domain_arn, self.index
        everything = f"{arn}/*"
        iam.Grant.add_to_principal(
            grantee=role,
            actions=[
                "es:DescribeDomain",
                "es:DescribeDomainConfig",
                "es:DescribeDomains",
            ],
            resource_arns=[arn],
        )
        # Which indexes, is up to the role's security role in the domain.
        iam.Grant.add_to_principal(
            grantee=role, actions=["es:ESHttpPost", "es:ESHttpPut"], resource_arns=[everything]
        )
        acknowledge_wildcard(role, everything, "Bulk requests and new indexes, of any path.")
        paths = [
            f"{arn}/{path}"
            for path in (
                "_all/_settings",
                "_cluster/stats",
                "_nodes",
                "_nodes/stats",
                "_nodes/*/stats",
                "_stats",
                f"{index}*/_mapping",
                f"{index}*/_mapping/*",
                f"{index}*/_stats",
            )
        ]
        iam.Grant.add_to_principal(grantee=role, actions=["es:ESHttpGet"], resource_arns=paths)
        for path in paths:
            if "*" in path.removeprefix(arn):
                acknowledge_wildcard(role, path, "Nodes and rotated indexes, which time names.")

    def _let_in(self, stream: DeliveryStream) -> None:
        domain = self.domain
        if isinstance(domain, ExistingDomain):
            if domain.fine_grained_access:
                CfnOutput(stream, "RoleToLetIn", value=stream.role.role_arn)
                Annotations.of(stream).add_info(
                    f"{domain.domain_name}: map the role in the output RoleToLetIn to a security "
                    f"role that writes {self._pattern}, or all documents go to the bucket of "
                    "failures."
                )
            return
        access = let_in(
            domain,
            stream,
            index_pattern=self._pattern,
            retention=self.retention,
            roles=[stream.role.role_arn],
        )
        stream.prerequisites.append(access)

    def _check_retention(self, retention: Duration) -> None:
        if isinstance(self.domain, ExistingDomain):
            raise invalid(
                "OpenSearchSink",
                "retention",
                retention,
                "none for an existing domain",
                "Its index state policies are its own: make one with "
                f"PUT _plugins/_ism/policies/{self.index} and an ism_template for {self._pattern}.",
            )
        if self.rotation is IndexRotation.NONE:
            raise invalid(
                "OpenSearchSink",
                "retention",
                retention,
                "none without rotation",
                "An index is deleted as a whole: choose a rotation, so that only old ones are.",
            )
        check_retention(
            "OpenSearchSink", retention, least=Duration.hours(1), most=Duration.days(3650)
        )
