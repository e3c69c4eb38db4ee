"""SqsSink: a queue that gets each row as a message, over a stream and a pipe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_pipes as pipes
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.acknowledge import acknowledge
from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding, Sink, Watch, WatchKind
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.formats.formats import Format
from cdk_managed_flink.kinesis.sink import KinesisSink

# As long as a queue can: messages in it wait for a person.
_RETENTION = durations.days(14)


@dataclass(frozen=True, kw_only=True, eq=False)
class SqsSink(Sink[sqs.IQueue]):
    """A message a row, at least once: meant for the few rows that somebody has to look at.

    Flink has no SQL connector for SQS, so the job writes a Kinesis stream of one shard, and a pipe
    of EventBridge sends each record on. A message is the pipe's event: the row is its ``data``, in
    base64.

    Attributes:
        queue: An existing queue, no FIFO one; it is never changed. Default: a new one that keeps
            messages for 14 days.
        encryption_key: Key of the existing queue, if it does not tell it.
        format: Flink's format of the rows. Default ``json``.
        table_options: Further options of the Kinesis connector; they win over the defaults.
        resource_id: Keeps stream and queue when the table is renamed. Default: the table's name.
        removal_policy: Of what is made. Default: the application's.

    Raises:
        ValueError: Settings of a new queue together with an existing one, or a FIFO queue.
    """

    queue: sqs.IQueue | None = None
    encryption_key: kms.IKey | None = None
    format: str | Format = "json"
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    def __post_init__(self) -> None:
        if self.queue is None and self.encryption_key is not None:
            raise invalid(
                "SqsSink",
                "encryption_key",
                self.encryption_key,
                "the key of an existing queue",
                "A new queue is encrypted with the pipeline's data key.",
            )
        if self.queue is not None and self.queue.fifo:
            raise invalid(
                "SqsSink",
                "queue",
                self.queue,
                "a standard queue",
                "A FIFO queue asks for a message group, and a row has none: hand in another one.",
            )

    @property
    def _stream(self) -> KinesisSink:
        return KinesisSink(
            shards=1,
            format=self.format,
            table_options=self.table_options,
            resource_id=self.resource_id,
            removal_policy=self.removal_policy,
        )

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        """Those of the stream."""
        return self._stream.connectors(runtime)

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[sqs.IQueue]:
        """Make the stream and the pipe, make or take the queue."""
        stream = self._stream.bind(scope, application, name)
        place = Construct(scope, f"{self.resource_id or name}Delivery")
        queue = self.queue or self._new_queue(place, application)
        key = queue.encryption_master_key or self.encryption_key
        role = iam.Role(
            place,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "pipes.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": place_of(place).account}},
            ),
            description=f"Sends what {application.application_name} writes to {name} to a queue",
        )
        # "Amazon EventBridge Pipes permissions", EventBridge User Guide, but for what it lists
        # beside: ListStreams takes no resource, and the stream is named; SubscribeToShard is a
        # consumer's, of which there is none.
        iam.Grant.add_to_principal(
            grantee=role,
            actions=[
                "kinesis:DescribeStream",
                "kinesis:DescribeStreamSummary",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
            ],
            resource_arns=[stream.resource.stream_arn],
        )
        iam.Grant.add_to_principal(
            grantee=role, actions=["sqs:SendMessage"], resource_arns=[queue.queue_arn]
        )
        stream_key = stream.resource.encryption_key
        if stream_key is not None:
            grant_key_through(
                stream_key,
                role,
                service="kinesis",
                actions=["kms:Decrypt"],
                context={"aws:kinesis:arn": stream.resource.stream_arn},
            )
        if key is not None:
            grant_key_through(
                key, role, service="sqs", actions=["kms:Decrypt", "kms:GenerateDataKey"]
            )
        pipe = pipes.CfnPipe(
            place,
            "Pipe",
            role_arn=role.role_arn,
            source=stream.resource.stream_arn,
            source_parameters={
                "kinesisStreamParameters": {"startingPosition": "TRIM_HORIZON", "batchSize": 10}
            },
            target=queue.queue_arn,
        )
        pipe.node.add_dependency(role)
        return Binding(
            properties=stream.properties,
            resource=queue,
            watches=[*stream.watches, _failures(pipe.ref)],
            volume_metrics=[_messages(queue.queue_name)],
            service_endpoints=stream.service_endpoints,
            prerequisites=[pipe],
            rules=stream.rules,
        )

    def _new_queue(self, scope: Construct, application: ApplicationBase) -> sqs.Queue:
        key = application.data_key
        queue = sqs.Queue(
            scope,
            "Queue",
            encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=_RETENTION,
            removal_policy=effective_removal(
                scope, self.removal_policy or application.removal_policy
            ),
        )
        acknowledge(
            queue,
            "SQS3",
            "What nobody takes out of it stays for 14 days and in its stream for one: how a "
            "consumer sets aside what it cannot handle is the consumer's choice.",
        )
        return queue


def _failures(pipe: str) -> Watch:
    return Watch(
        id="PipeFailures",
        kind=WatchKind.ERRORS,
        namespace="AWS/EventBridge/Pipes",
        metric_name="ExecutionFailed",
        dimensions={"PipeName": pipe},
        statistic="Sum",
        meaning="The pipe does not get records into the queue: see its rights and the queue's.",
    )


def _messages(queue: str) -> Watch:
    return Watch(
        id="MessagesSent",
        kind=WatchKind.DEAD_LETTERS,
        namespace="AWS/SQS",
        metric_name="NumberOfMessagesSent",
        dimensions={"QueueName": queue},
        statistic="Sum",
        meaning=f"Messages arrive in the queue {queue}.",
    )
