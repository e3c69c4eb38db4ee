"""What the OpenSearch connector takes: which domain, which index, whose user."""

import re
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_secretsmanager as secretsmanager

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.opensearch.collection import OpenSearchServerlessCollection
from cdk_managed_flink.opensearch.domain import OpenSearchDomain
from cdk_managed_flink.opensearch.existing import ExistingCollection, ExistingDomain
from cdk_managed_flink.opensearch.index import check_index, check_retention

AnyDomain = OpenSearchDomain | ExistingDomain

# The connector's patterns: {column|yyyy-MM-dd}, {now()|yyyy-MM-dd}, {column}.
_PATTERN = re.compile(r"\{[^{}|]+(\|[^{}|]+)?\}")


def check(
    domain: AnyDomain,
    *,
    index: str,
    retention: Duration | None,
    user: secretsmanager.ISecret | None,
) -> None:
    """Refuse what the connector can't write to.

    Raises:
        ValueError: A target that takes signed requests only, an illegal index, a retention that
            cannot be kept, or a user where none belongs.
    """
    _check_target(domain)
    existing = isinstance(domain, ExistingDomain)
    if not is_token(index):
        _check_pattern(index)
    elif not existing:
        raise invalid(
            "OpenSearchSink",
            "index",
            index,
            "a name that is known at synth",
            "The user's rights in a new domain are made from it.",
        )
    if retention is not None:
        _check_retention(domain, index, retention)
    if existing != (user is not None):
        raise _wrong_user(existing=existing)


def written(index: str) -> str:
    """The pattern of what the connector writes, as OpenSearch has patterns."""
    name = _stem(index)
    return index if name == index else f"{name}*"


def _stem(index: str) -> str:
    return index.partition("{")[0]


def _check_target(domain: Any) -> None:  # noqa: ANN401 - who calls without types may pass more
    if isinstance(domain, OpenSearchServerlessCollection | ExistingCollection):
        raise invalid(
            "OpenSearchSink",
            "domain",
            "a serverless collection",
            "a domain with users that have passwords",
            "A collection takes signed requests only, and the connector can't sign: use "
            "OpenSearchSink.firehose(...).",
        )
    if not isinstance(domain, OpenSearchDomain | ExistingDomain):
        raise invalid(
            "OpenSearchSink",
            "domain",
            domain,
            "an OpenSearchDomain or an ExistingDomain",
            "The connector writes to nothing else.",
        )
    if not domain.internal_users:
        raise invalid(
            "OpenSearchSink",
            "domain",
            "a domain without internal users",
            "one with internal_users=True",
            "The connector knows users and passwords and can't sign requests: give the domain "
            "internal users, or use OpenSearchSink.firehose(...).",
        )
    if isinstance(domain, ExistingDomain) and domain.host is None:
        raise invalid(
            "OpenSearchSink",
            "domain.host",
            None,
            "the host name of the domain's endpoint",
            "The connector does not look it up: ExistingDomain(host=...).",
        )


def _check_pattern(index: str) -> None:
    name = _stem(index)
    check_index("OpenSearchSink", name)
    if name != index and not _PATTERN.fullmatch(index.removeprefix(name)):
        raise invalid(
            "OpenSearchSink",
            "index",
            index,
            "a name, with at most one pattern, at its end",
            'Write it as "clicks-{ts|yyyy-MM-dd}" or "clicks-{now()|yyyy-MM-dd}".',
        )


def _check_retention(domain: AnyDomain, index: str, retention: Duration) -> None:
    if isinstance(domain, ExistingDomain):
        raise invalid(
            "OpenSearchSink",
            "retention",
            retention,
            "none for an existing domain",
            "Its index state policies are its own: make one with "
            "PUT _plugins/_ism/policies/... and an ism_template for the indexes.",
        )
    if "|" not in index:
        raise invalid(
            "OpenSearchSink",
            "retention",
            retention,
            "none for an index without a time in its name",
            "An index is deleted as a whole: write the index as "
            f'"{_stem(index)}-{{now()|yyyy-MM-dd}}", so that only old ones are.',
        )
    check_retention("OpenSearchSink", retention, least=Duration.hours(1), most=Duration.days(3650))


def _wrong_user(*, existing: bool) -> ValueError:
    if existing:
        return invalid(
            "OpenSearchSink",
            "user",
            None,
            "a secret with username and password, for an existing domain",
            "Users of an existing domain are not made from here: pass one that may write the "
            "index.",
        )
    return invalid(
        "OpenSearchSink",
        "user",
        "a secret",
        "nothing with a new domain",
        "The stack makes a user that may write these indexes only: leave it out.",
    )
