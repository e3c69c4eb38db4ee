"""What the lifecycle's role may do: once for the stack, and for each application."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.answers import key_arn, role_arn, topic_arn, topic_key
from cdk_managed_flink.application.application import FlinkApplication
from cdk_managed_flink.application.data_key_grants import via_service
from cdk_managed_flink.application.metrics import RECONCILER_NAMESPACE
from cdk_managed_flink.application.place import Place, place_of, region_of
from cdk_managed_flink.application.role import SERVICE_PRINCIPAL
from cdk_managed_flink.application.snapshot_mode import SnapshotMode
from cdk_managed_flink.application.state_key import Conditions, operating
from cdk_managed_flink.lifecycle.restore_from import RestoreFrom

# An enhanced snapshot's name starts with the application's, which the handlers cut at 50 characters
# from 60 on, so that their label has room in the 100 of the service.
_LONGEST_PREFIX = 60
_CUT_PREFIX = 50


def allow_stack(role: iam.Role, place: Place) -> None:
    """Read how the own stack's operation stands; read and write metrics."""
    own_stack = [
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:ListStackResources",
    ]
    own_metrics = {"StringEquals": {"cloudwatch:namespace": RECONCILER_NAMESPACE}}
    allowed: list[tuple[list[str], str, Conditions | None]] = [
        (own_stack, place.stack_id, None),
        (["cloudwatch:GetMetricData"], "*", None),
        (["cloudwatch:PutMetricData"], "*", own_metrics),
    ]
    for actions, resource, conditions in allowed:
        iam.Grant.add_to_principal(
            grantee=role, actions=actions, resource_arns=[resource], conditions=conditions
        )
    acknowledge_wildcard(
        role,
        "*",
        "cloudwatch:GetMetricData and PutMetricData take no resource; what is written is held to "
        f"the namespace {RECONCILER_NAMESPACE}.",
    )


class ApplicationRights:
    """Operate exactly this application, read what shows its health, tell whom it concerns.

    Attributes:
        wildcards: Resources that end in a wildcard, each with the reason.
    """

    def __init__(
        self, *, application: FlinkApplication, restore: RestoreFrom, topic: sns.ITopic | None
    ) -> None:
        self.wildcards: list[tuple[str, str]] = []
        self._statements: list[dict[str, object]] = []
        self._application = application
        self._allow(
            [
                # An application on its way to enhanced snapshots still has those of its own.
                "kinesisanalytics:CreateApplicationSnapshot",
                "kinesisanalytics:DeleteApplicationSnapshot",
                "kinesisanalytics:DescribeApplication",
                "kinesisanalytics:DescribeApplicationOperation",
                "kinesisanalytics:ListApplicationOperations",
                "kinesisanalytics:ListApplicationSnapshots",
                "kinesisanalytics:StartApplication",
                "kinesisanalytics:StopApplication",
                "kinesisanalytics:UpdateApplication",
            ],
            application.application_arn,
        )
        # An imported application is updated to the template's role before it is started.
        to_service = {"StringEquals": {"iam:PassedToService": SERVICE_PRINCIPAL}}
        self._allow(["iam:PassRole"], role_arn(application.role), to_service)
        self._allow(["logs:FilterLogEvents"], application.log_group.log_group_arn)
        if application.snapshot_mode is SnapshotMode.ENHANCED_SNAPSHOTS:
            self._allow_enhanced(restore)
        if topic is not None:
            self._allow_topic(topic)
        key = application.encryption_key
        if key is not None:
            region = place_of(application).region
            for actions, conditions in operating(region, application.application_arn):
                self._allow(actions, key_arn(key), conditions)

    def document(self) -> iam.PolicyDocument:
        """All of it, handed over at once."""
        return iam.PolicyDocument.from_json({"Statement": self._statements})

    def _allow_topic(self, topic: sns.ITopic) -> None:
        self._allow(["sns:Publish"], topic_arn(topic))
        key = topic_key(topic)
        if key is not None:
            via = {"kms:ViaService": via_service("sns", region_of(key))}
            use = ["kms:Decrypt", "kms:GenerateDataKey"]
            self._allow(use, key_arn(key), {"StringEquals": via})

    def _allow_enhanced(self, restore: RestoreFrom) -> None:
        application = self._application
        # The second is no call: it lets the service take the snapshot that goes with a stop.
        taking = ["kinesisanalytics:CreateSnapshot", "kinesisanalytics:CreateSystemSnapshot"]
        self._allow(taking, application.application_arn)
        # Snapshots are the account's: names are all that tells this application's from another's.
        name = application.application_name
        prefix = name if len(name) < _LONGEST_PREFIX else name[:_CUT_PREFIX]
        own = self._snapshot_arn(f"{prefix}-*")
        self._allow(["kinesisanalytics:DeleteSnapshot"], own)
        self._allow(["kinesisanalytics:ListSnapshots"], "*")
        self.wildcards += [
            (own, "The names of this application's snapshots start so."),
            ("*", "kinesisanalytics:ListSnapshots takes no resource."),
        ]
        if restore.chosen:
            chosen = restore.chosen if restore.is_arn else self._snapshot_arn(restore.chosen)
            self._allow(["kinesisanalytics:DescribeSnapshot"], chosen)

    def _snapshot_arn(self, name: str) -> str:
        return place_of(self._application).arn("kinesisanalytics", f"snapshot/{name}")

    def _allow(
        self, actions: list[str], resource: str, conditions: Conditions | None = None
    ) -> None:
        statement: dict[str, object] = {"Effect": "Allow", "Action": actions, "Resource": resource}
        self._statements.append(statement | ({"Condition": conditions} if conditions else {}))


def let_operate(operator: iam.IGrantable, application: FlinkApplication) -> None:
    """Let a principal operate the application with the key of its state, if it has one."""
    key = application.encryption_key
    if key is None:
        return
    region = place_of(application).region
    for actions, conditions in operating(region, application.application_arn):
        iam.Grant.add_to_principal(
            grantee=operator,
            actions=actions,
            resource_arns=[key_arn(key)],
            conditions=conditions,
        )
