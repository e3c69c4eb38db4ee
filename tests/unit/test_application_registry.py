"""Registry: entries lie on their owner."""

import aws_cdk as cdk

from cdk_managed_flink.application.registry import Registry


def test_each_owner_and_each_registry_has_its_own_entries() -> None:
    groups, tables = Registry[str, int](), Registry[str, int]()
    app, other = cdk.App(), cdk.App()
    groups.of(app)["readers"] = 1
    assert groups.of(cdk.Stack(app, "Stack").node.root) == {"readers": 1}
    assert groups.of(other) == {}
    assert tables.of(app) == {}
