"""What holds a pipeline's data, as Prepare compares it: a new, empty store is never silent."""

from typing import Any

from aws_cdk import CfnResource, CustomResource

from cdk_managed_flink.application import context_flag
from cdk_managed_flink.application.application import FlinkApplication

# Names of tables, comma-separated, whose stores this deploy may replace.
REPLACE_STORES = "cdk-managed-flink:replaceStores"


def stores(application: FlinkApplication) -> dict[str, Any]:
    """The properties of Prepare that say which store each table has, and which may be another."""
    return {
        "Stores": dict(application.stores),
        "ReplaceStores": context_flag.names(application, REPLACE_STORES),
    }


def keep_up(prepare: CustomResource, application: FlinkApplication) -> None:
    """Tell Prepare of tables that are bound after it was made."""

    def tell() -> None:
        resource = prepare.node.default_child
        assert isinstance(resource, CfnResource)
        resource.add_property_override("Stores", dict(application.stores))

    application.when_bound(tell)
