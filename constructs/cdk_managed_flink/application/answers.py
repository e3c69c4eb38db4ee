"""Answers of CDK that never change, kept with whom they were asked of: each is a round trip.

They lie on the object itself, so that they go when it goes.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns

T = TypeVar("T")
R = TypeVar("R")
_KEPT = "_managed_flink_answers"


def once(asked: T, question: Callable[[T], R]) -> R:
    """What ``question`` gets out of ``asked``, which is asked the first time only."""
    kept = _kept(asked)
    if question not in kept:
        kept[question] = question(asked)
    return cast("R", kept[question])


def known(asked: T, question: Callable[[T], R], answer: R) -> None:
    """Keep an answer that is known without asking."""
    _kept(asked)[question] = answer


def key_arn(key: kms.IKey) -> str:
    """The ARN of a key."""
    return once(key, _key_arn)


def role_arn(role: iam.IRole) -> str:
    """The ARN of a role."""
    return once(role, _role_arn)


def log_group_name(group: logs.ILogGroup) -> str:
    """The name of a log group."""
    return once(group, _log_group_name)


def log_stream_name(stream: logs.ILogStream) -> str:
    """The name of a log stream."""
    return once(stream, _log_stream_name)


def topic_arn(topic: sns.ITopic) -> str:
    """The ARN of a topic."""
    return once(topic, _topic_arn)


def topic_key(topic: sns.ITopic) -> kms.IKey | None:
    """The key of a topic, as far as it tells."""
    return once(topic, _topic_key)


def _kept(asked: object) -> dict[Callable[..., Any], Any]:
    kept: dict[Callable[..., Any], Any] = asked.__dict__.setdefault(_KEPT, {})
    return kept


def _key_arn(key: kms.IKey) -> str:
    return key.key_arn


def _role_arn(role: iam.IRole) -> str:
    return role.role_arn


def _log_group_name(group: logs.ILogGroup) -> str:
    return group.log_group_name


def _log_stream_name(stream: logs.ILogStream) -> str:
    return stream.log_stream_name


def _topic_arn(topic: sns.ITopic) -> str:
    return topic.topic_arn


def _topic_key(topic: sns.ITopic) -> kms.IKey | None:
    return topic.master_key
