"""Where a construct is: its stack, and what every part of an application asks of that."""

from functools import cached_property
from typing import Any, Protocol, cast

from aws_cdk import Stack
from constructs import IConstruct

from cdk_managed_flink.application.answers import known, once


class Place:
    """A stack; its account, its Region and its partition are asked for once."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    @cached_property
    def account(self) -> str:
        """A token where the stack names none."""
        return self.stack.account

    @cached_property
    def region(self) -> str:
        """A token where the stack names none."""
        return self.stack.region

    @cached_property
    def partition(self) -> str:
        """``aws``, or that of China or of a government."""
        return self.stack.partition

    @cached_property
    def url_suffix(self) -> str:
        """The domain of the partition's services."""
        return self.stack.url_suffix

    @cached_property
    def stack_id(self) -> str:
        """The stack's ARN."""
        return self.stack.stack_id

    def arn(self, service: str, resource: str, *, account: str | None = None) -> str:
        """As ``Stack.format_arn`` writes it; ``resource`` is all that follows the account."""
        owner = self.account if account is None else account
        return f"arn:{self.partition}:{service}:{self.region}:{owner}:{resource}"


class _Placed(Protocol):
    @property
    def env(self) -> Any: ...  # noqa: ANN401


@once
def place_of(construct: IConstruct) -> Place:
    """The stack that a construct is in."""
    if isinstance(construct, Stack):
        return Place(construct)
    return place_of(cast("IConstruct", Stack.of(construct)))


def share_place(parent: IConstruct, child: IConstruct) -> None:
    """Record that a child, which is no stack, is in its parent's place."""
    known(child, place_of, place_of(parent))


@once
def path_of(construct: IConstruct) -> str:
    """The path of a construct in its app."""
    return construct.node.path


def account_of(resource: _Placed) -> str:
    """The account of a resource, which may be another one than its stack's."""
    return _environment(resource)[0]


def region_of(resource: _Placed) -> str:
    """The Region of a resource, which may be another one than its stack's."""
    return _environment(resource)[1]


def made_in(place: Place, resource: _Placed) -> None:
    """Record that its stack creates a resource, in that stack's account and Region."""
    known(resource, _environment, (place.account, place.region))


@once
def _environment(resource: _Placed) -> tuple[str, str]:
    found = resource.env
    return found.account, found.region
