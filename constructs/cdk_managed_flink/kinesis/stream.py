"""A stream of a source or a sink: made in the stack, or taken as it is."""

import json
from collections.abc import Sequence

from aws_cdk import Annotations, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.acknowledge import acknowledge
from cdk_managed_flink.application.answers import once
from cdk_managed_flink.application.arns import differ
from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.durations import DAY, HOUR
from cdk_managed_flink.application.errors import check_new_or_existing, invalid
from cdk_managed_flink.application.place import account_of, made_in, place_of, region_of
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.kinesis.connector_actions import is_legacy

DEFAULT_HOURS = 24


def check_settings(
    where: str,
    *,
    stream: kinesis.IStream | None,
    encryption_key: kms.IKey | None,
    shards: int | None,
    retention: Duration,
    removal_policy: RemovalPolicy | None,
    resource_policy_in_place: bool,
) -> None:
    """Refuse what a stream cannot have.

    Raises:
        ValueError: Settings of a new stream together with an existing one, or out of range.
    """
    default = retention is durations.hours(DEFAULT_HOURS)
    new_only = {
        "shards": shards,
        "retention": None if default else retention,
        "removal_policy": removal_policy,
    }
    check_new_or_existing(where, "stream", stream, encryption_key, new_only)
    if stream is None and resource_policy_in_place:
        raise invalid(
            where,
            "resource_policy_in_place",
            True,
            "a word about an existing stream of another account",
            "A new stream is this account's own: leave it out.",
        )
    if shards is not None and not is_token(shards) and shards < 1:
        raise invalid(where, "shards", shards, "1 or more", "Remove it for on-demand.")
    length = durations.milliseconds(retention)
    if length is not None and not 24 * HOUR <= length <= 365 * DAY:
        raise invalid(
            where,
            "retention",
            retention,
            "24 hours to 365 days",
            "The service keeps records for at least a day.",
        )


def new_stream(
    scope: Construct,
    id_: str,
    application: ApplicationBase,
    *,
    shards: int | None,
    retention: Duration,
    removal_policy: RemovalPolicy | None,
) -> kinesis.Stream:
    """A stream with the application's data key: provisioned shards, or on-demand."""
    key = application.data_key
    stream = kinesis.Stream(
        scope,
        id_,
        stream_mode=(
            kinesis.StreamMode.ON_DEMAND if shards is None else kinesis.StreamMode.PROVISIONED
        ),
        shard_count=shards,
        retention_period=retention,
        encryption=(kinesis.StreamEncryption.KMS if key else kinesis.StreamEncryption.MANAGED),
        encryption_key=key,
        removal_policy=effective_removal(scope, removal_policy or application.removal_policy),
    )
    made_in(place_of(application), stream)
    if key is not None:
        acknowledge(
            stream,
            "KDS3",
            "A customer managed key can be withdrawn and audited, which aws/kinesis cannot.",
        )
    return stream


def key_of(
    where: str,
    application: ApplicationBase,
    name: str,
    stream: kinesis.IStream,
    *,
    given: kms.IKey | None,
    existing: bool,
) -> kms.IKey | None:
    """The stream's key; a note where an existing stream doesn't tell whether it has one."""
    key = (stream.encryption_key or given) if existing else application.data_key
    if key is None and existing:
        right = "decrypt" if where == "KinesisSource" else "encrypt"
        Annotations.of(application).add_info(
            f"{name}: if the existing stream is encrypted with a customer managed key, hand "
            f"it in as {where}(encryption_key=...), or the role cannot {right}."
        )
    return key


def grant_stream(
    application: ApplicationBase,
    stream: kinesis.IStream,
    key: kms.IKey | None,
    *,
    actions: Sequence[str],
    key_actions: Sequence[str],
) -> None:
    """Allow exactly these actions on the stream, and the key's for it alone."""
    arn = stream_arn(stream)
    iam.Grant.add_to_principal(
        grantee=application.grant_principal, actions=list(actions), resource_arns=[arn]
    )
    if key is not None:
        grant_key_through(
            key,
            application.grant_principal,
            service="kinesis",
            actions=key_actions,
            context={"aws:kinesis:arn": arn},
        )


def is_of_another_account(application: ApplicationBase, stream: kinesis.IStream) -> bool:
    """Whether both accounts are known at synth, and differ."""
    return differ(place_of(application).account, account_of(stream))


def is_elsewhere(application: ApplicationBase, stream: kinesis.IStream) -> bool:
    """Whether its account or Region is known to be another one: its metrics are not here."""
    return is_of_another_account(application, stream) or differ(
        place_of(application).region, region_of(stream)
    )


def check_place(
    application: ApplicationBase,
    name: str,
    stream: kinesis.IStream,
    *,
    actions: Sequence[str],
    resource_policy_in_place: bool,
) -> None:
    """Refuse an existing stream that the application could not reach; note what is not known.

    Raises:
        ValueError: The stream is another account's, and the connector takes only names, or nothing
            is said of its policy.
    """
    if is_token(place_of(application).account) and not is_token(account_of(stream)):
        Annotations.of(application).add_warning_v2(
            "cdk-managed-flink:account",
            f"{name}: {stream.stream_arn} names its account and the stack does not, so nothing "
            "tells whether it is another one, whose streams take a resource policy and are not "
            "watched here: use env= of the stack.",
        )
    if is_elsewhere(application, stream):
        Annotations.of(application).add_info(
            f"{name}: {stream.stream_arn} is of another account or Region, where its metrics are: "
            "nothing watches it here."
        )
    if not is_of_another_account(application, stream):
        return
    if is_legacy(application.runtime):
        raise invalid(
            application,
            f"stream of {name!r}",
            stream.stream_arn,
            "a stream of the application's own account",
            "The connector of this runtime takes a stream by its name, which means its own "
            "account's: use Runtime.FLINK_2_2, or "
            "Runtime.FLINK_1_20.with_connectors(ConnectorLine.AWS_5_1).",
        )
    if not resource_policy_in_place:
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": "<ARN of the application's role>"},
            "Action": list(actions),
            "Resource": stream.stream_arn,
        }
        raise invalid(
            application,
            f"stream of {name!r}",
            stream.stream_arn,
            "a stream of the application's own account, or one whose policy lets the role in",
            f"Have its owner add to the stream's resource policy {json.dumps(statement)}, then set "
            "resource_policy_in_place=True.",
        )


@once
def stream_arn(stream: kinesis.IStream) -> str:
    """The ARN of a stream."""
    return stream.stream_arn


@once
def stream_name(stream: kinesis.IStream) -> str:
    """The name of a stream."""
    return stream.stream_name


def made_stream(stream: kinesis.IStream) -> tuple[str, str]:
    """A new stream as the store of a table."""
    return "AWS::Kinesis::Stream", stream_name(stream)
