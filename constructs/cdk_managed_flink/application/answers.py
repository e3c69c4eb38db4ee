"""Answers of CDK that never change, kept with whom they were asked of: each is a round trip.

They lie on the object itself, so that they go when it goes.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns

T = TypeVar("T")
R = TypeVar("R")
_KEPT = "_managed_flink_answers"


def once(question: Callable[[T], R]) -> Callable[[T], R]:
    """A question that is asked of an object the first time only."""

    @wraps(question)
    def answer(asked: T) -> R:
        kept = _kept(asked)
        if answer not in kept:
            kept[answer] = question(asked)
        return cast("R", kept[answer])

    return answer


def known(asked: T, question: Callable[[T], R], answer: R) -> None:
    """Keep an answer to such a question that is known without asking."""
    _kept(asked)[question] = answer


@once
def key_arn(key: kms.IKey) -> str:
    """The ARN of a key."""
    return key.key_arn


@once
def role_arn(role: iam.IRole) -> str:
    """The ARN of a role."""
    return role.role_arn


@once
def log_group_name(group: logs.ILogGroup) -> str:
    """The name of a log group."""
    return group.log_group_name


@once
def log_stream_name(stream: logs.ILogStream) -> str:
    """The name of a log stream."""
    return stream.log_stream_name


@once
def topic_arn(topic: sns.ITopic) -> str:
    """The ARN of a topic."""
    return topic.topic_arn


@once
def topic_key(topic: sns.ITopic) -> kms.IKey | None:
    """The key of a topic, as far as it is known."""
    return topic.master_key


def _kept(asked: object) -> dict[Callable[..., Any], Any]:
    kept: dict[Callable[..., Any], Any] = asked.__dict__.setdefault(_KEPT, {})
    return kept
