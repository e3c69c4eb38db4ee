"""Stores and readers of the tables, which Prepare compares so that none is silently replaced."""

from aws_cdk import CfnResource, CustomResource

from cdk_managed_flink.application import context_flag
from cdk_managed_flink.application.application import FlinkApplication
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import key_of

# Names of tables, comma-separated, whose stores this deploy may replace.
REPLACE_STORES = "cdk-managed-flink:replaceStores"
# Names of sources, comma-separated, whose read position this deploy may give up.
REPLACE_POSITIONS = "cdk-managed-flink:replacePositions"


def replaceable(application: FlinkApplication) -> list[str]:
    """The tables whose stores this deploy may replace."""
    return context_flag.names(application, REPLACE_STORES)


def may_begin_anew(application: FlinkApplication) -> list[str]:
    """The sources whose read position this deploy may give up."""
    return context_flag.names(application, REPLACE_POSITIONS)


def keep_up_to_date(prepare: CustomResource, application: FlinkApplication) -> None:
    """Update stores and readers of Prepare when a table is bound after Prepare was made."""

    def update() -> None:
        resource = prepare.node.default_child
        assert isinstance(resource, CfnResource)
        resource.add_property_override(key_of("stores"), dict(application.stores))
        resource.add_property_override(key_of("readers"), dict(application.readers))

    application.when_bound(update)
