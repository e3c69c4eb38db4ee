"""OpenSearchSink: an index of OpenSearch as a table, by Firehose or by Flink's own connector."""

from abc import ABC
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct, IConstruct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding, Sink
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import Network, allow_ingress
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.secret_grants import grant_secret
from cdk_managed_flink.application.secret_value import SECRETS_ENDPOINT, FlinkSecret
from cdk_managed_flink.connectors.connectors import (
    connector_for,
    format_artifacts,
    release_line,
    secret_reader,
)
from cdk_managed_flink.connectors.options import checked_options
from cdk_managed_flink.firehose.binding import (
    AnyDeliveryStream,
    bind_delivery_stream,
    firehose_connectors,
)
from cdk_managed_flink.firehose.buffering import Buffering
from cdk_managed_flink.firehose.delivery_stream import DeliveryStream, Destination
from cdk_managed_flink.firehose.http_destination import RETRY_FOR
from cdk_managed_flink.firehose.storage import NEW_BUCKET, DeliveryBucket
from cdk_managed_flink.opensearch.collection import OpenSearchServerlessCollection
from cdk_managed_flink.opensearch.collection_destination import CollectionDestination
from cdk_managed_flink.opensearch.connector import AnyDomain, check, written
from cdk_managed_flink.opensearch.domain import OpenSearchDomain
from cdk_managed_flink.opensearch.domain_destination import OPENSEARCH_BUFFERING, DomainDestination
from cdk_managed_flink.opensearch.existing import ExistingCollection, ExistingDomain
from cdk_managed_flink.opensearch.index import IndexRotation
from cdk_managed_flink.opensearch.watching import domain_watches
from cdk_managed_flink.opensearch.writer import Writer, make_writer

R_co = TypeVar("R_co", covariant=True)

AnyTarget = AnyDomain | OpenSearchServerlessCollection | ExistingCollection

_IDENTIFIER = "opensearch"


class OpenSearchSink(Sink[R_co], ABC):
    """Documents in an index. There are two ways, each complete.

    ``OpenSearchSink.firehose(...)`` goes with every runtime and with domains and serverless
    collections: the job puts rows into a delivery stream, and Firehose signs its requests.
    ``OpenSearchSink.connector(...)`` writes from the job itself, seconds earlier and with document
    ids of its own, with runtimes that have a connector and domains that have users with passwords.
    """

    @staticmethod
    def firehose(
        target: AnyTarget,
        *,
        index: str,
        rotation: IndexRotation | None = None,
        retention: Duration | None = None,
        buffering: Buffering = OPENSEARCH_BUFFERING,
        retry_for: Duration = RETRY_FOR,
        failed: DeliveryBucket = NEW_BUCKET,
        let_in_by_hand: bool = False,
        table_options: Mapping[str, str] | None = None,
        resource_id: str | None = None,
        removal_policy: RemovalPolicy | None = None,
    ) -> "OpenSearchSink[AnyDeliveryStream]":
        """By Firehose, at least once; each row is one JSON document, and only insertions.

        See ``DomainDestination`` and ``CollectionDestination`` for what each argument means;
        rotation is daily by default, and a collection has none.

        Raises:
            ValueError: What the destinations refuse, or rotation in a collection.
        """
        destination: Destination
        if not isinstance(target, AnyTarget):
            raise invalid(
                "OpenSearchSink",
                "target",
                target,
                "a domain or a serverless collection, new or existing",
                "ExistingDomain(...) and ExistingCollection(...) stand for what is there already.",
            )
        if isinstance(target, OpenSearchDomain | ExistingDomain):
            destination = DomainDestination(
                domain=target,
                index=index,
                rotation=rotation or IndexRotation.DAILY,
                retention=retention,
                buffering=buffering,
                retry_for=retry_for,
                failed=failed,
                let_in_by_hand=let_in_by_hand,
            )
        else:
            for name, value in (("rotation", rotation), ("let_in_by_hand", let_in_by_hand)):
                if value:
                    raise invalid(
                        "OpenSearchSink",
                        name,
                        value,
                        "nothing with a serverless collection",
                        "A collection has no rotated indexes, and its data access policy lets the "
                        "delivery stream in: leave it out.",
                    )
            destination = CollectionDestination(
                collection=target,
                index=index,
                retention=retention,
                buffering=buffering,
                retry_for=retry_for,
                failed=failed,
            )
        return _ByFirehose(
            destination=destination,
            table_options=table_options or {},
            resource_id=resource_id,
            removal_policy=removal_policy,
        )

    @staticmethod
    def connector(
        domain: AnyDomain,
        *,
        index: str,
        retention: Duration | None = None,
        user: secretsmanager.ISecret | None = None,
        document_id_delimiter: str = "_",
        table_options: Mapping[str, str] | None = None,
        resource_id: str | None = None,
    ) -> "OpenSearchSink[AnyDomain]":
        """By Flink's connector, on runtimes that have one; ``PRIMARY KEY`` makes the document's id.

        Args:
            domain: With users that have passwords: the connector can't sign requests.
            index: A name, or one with a pattern at its end such as ``clicks-{ts|yyyy-MM-dd}``.
            retention: How long an index is kept, by an index state policy; takes a pattern with
                a time, and a new domain. Default: for ever.
            user: A secret with ``username`` and ``password``, for an existing domain. Default, in
                a new domain: a user that may write these indexes only.
            document_id_delimiter: Between the columns of a primary key.
            table_options: Further connector options; they win over the defaults.
            resource_id: Keeps the user when the table is renamed. Default: the table's name.

        Raises:
            ValueError: A target without passwords, or what the domain or the connector refuses.
        """
        return _ByConnector(
            domain=domain,
            index=index,
            retention=retention,
            user=user,
            document_id_delimiter=document_id_delimiter,
            table_options=table_options or {},
            resource_id=resource_id,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _ByFirehose(OpenSearchSink[AnyDeliveryStream]):
    destination: Destination
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return firehose_connectors("json", runtime)

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[AnyDeliveryStream]:
        """Make the delivery stream; let it into the target, and the job into it."""
        stream = DeliveryStream(
            scope,
            self.resource_id or name,
            destination=self.destination,
            key=application.data_key,
            removal_policy=self.removal_policy or application.removal_policy,
        )
        # Firehose looks at its target while the stream is made.
        stream.resource.node.add_dependency(*stream.prerequisites)
        return bind_delivery_stream(
            stream, application, format="json", table_options=self.table_options
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _ByConnector(OpenSearchSink[AnyDomain]):
    domain: AnyDomain
    index: str
    retention: Duration | None = None
    user: secretsmanager.ISecret | None = None
    document_id_delimiter: str = "_"
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None

    def __post_init__(self) -> None:
        check(self.domain, index=self.index, retention=self.retention, user=self.user)

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        """The OpenSearch connector.

        Raises:
            ValueError: There is none for the runtime.
        """
        if _IDENTIFIER not in release_line(runtime).connectors:
            raise invalid(
                "OpenSearchSink",
                "runtime",
                runtime.name,
                "FLINK-1_19 or FLINK-1_20, as no OpenSearch connector is released for Flink 2",
                "Use OpenSearchSink.firehose(...), which goes with every runtime.",
            )
        return [
            connector_for(_IDENTIFIER, runtime),
            *format_artifacts("json", runtime),
            *secret_reader(runtime),
        ]

    def network(self) -> Network | None:
        return self.domain.network

    def bind(self, scope: Construct, application: ApplicationBase, name: str) -> Binding[AnyDomain]:
        """Create or use the user; open the way from the job to the domain."""
        domain = self.domain
        prerequisites: list[IConstruct] = []
        if isinstance(domain, OpenSearchDomain):
            writer = make_writer(
                domain,
                Construct(scope, self.resource_id or name),
                index_pattern=written(self.index),
                retention=self.retention,
            )
            prerequisites += [*writer.prerequisites, *_open(domain, application)]
        else:
            assert self.user is not None  # checked in __post_init__
            writer = Writer(secret=self.user)
        grant_secret(writer.secret, application)
        options = {
            "connector": _IDENTIFIER,
            "hosts": f"https://{domain.host}:443",
            "index": self.index,
            "username": FlinkSecret.of(writer.secret, "username").reference,
            "password": FlinkSecret.of(writer.secret, "password").reference,
            "format": "json",
            "document-id.key-delimiter": self.document_id_delimiter,
            # The connector's own default is to guarantee nothing.
            "sink.delivery-guarantee": "at-least-once",
            # A rejected bulk request is a full queue: without a pause the job would restart.
            "sink.bulk-flush.backoff.strategy": "EXPONENTIAL",
            "sink.bulk-flush.backoff.max-retries": "8",
            "sink.bulk-flush.backoff.delay": "50ms",
        }
        return Binding(
            properties=checked_options(
                "OpenSearchSink",
                options,
                self.table_options,
                runtime=application.runtime,
                kind="sink",
                fields={
                    "hosts": "Use domain= instead.",
                    "index": "Use index= instead.",
                    "username": "Use user= instead.",
                    "password": "Use user= instead.",
                    "document-id.key-delimiter": "Use document_id_delimiter= instead.",
                },
            ),
            resource=domain,
            watches=domain_watches(domain.domain_arn),
            service_endpoints=[SECRETS_ENDPOINT],
            prerequisites=prerequisites,
        )


def _open(domain: OpenSearchDomain, application: ApplicationBase) -> Sequence[IConstruct]:
    """Let the job in; a rule is a child of either group, by the stacks that they are in."""
    assert domain.connections is not None  # internal users take a VPC
    (group,) = domain.connections.security_groups
    own = application.connections.security_groups
    for each in own:
        allow_ingress(group, each, ec2.Port.tcp(443), "Flink application")
    return [group, *own]
