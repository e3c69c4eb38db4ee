"""Consumer groups: one application each, unless both declare that they are shared."""

from dataclasses import dataclass

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.registry import Registry
from cdk_managed_flink.application.tokens import is_token


@dataclass(frozen=True)
class _Claim:
    application: str
    table: str
    shared: bool


# Of each app: by cluster and group. Two objects may stand for one imported cluster.
_CLAIMS = Registry[tuple[str, str], _Claim]()


def claim_group(
    cluster: str, group: str, *, application: ApplicationBase, table: str, shared: bool
) -> None:
    """Take a consumer group of a cluster for an application.

    Flink does not let a group share out partitions: each of two applications reads all records,
    and they overwrite each other's offsets, so neither's lag is known.

    Args:
        cluster: What distinguishes clusters: ARN, brokers or path.
        group: The consumer group.
        application: Who reads.
        table: The table that reads.
        shared: Whether it is meant that others use the group.

    Raises:
        ValueError: Another application of the app uses it, and not both declare it as shared.
    """
    if is_token(group):
        return
    claims = _CLAIMS.of(application.node.root)
    found = claims.setdefault((cluster, group), _Claim(application.node.path, table, shared))
    if found.application != application.node.path and not (found.shared and shared):
        raise invalid(
            application,
            f"group_id of {table!r}",
            group,
            f"a consumer group of its own; {found.application} reads {found.table!r} with this one",
            "Remove group_id= for a group that no other application has, or set shared_group=True "
            "in both sources.",
        )
