"""The stores of the tables, which Prepare compares so that none is silently replaced."""

from aws_cdk import CfnResource, CustomResource

from cdk_managed_flink.application import context_flag
from cdk_managed_flink.application.application import FlinkApplication
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import key_of

# Names of tables, comma-separated, whose stores this deploy may replace.
REPLACE_STORES = "cdk-managed-flink:replaceStores"


def replaceable(application: FlinkApplication) -> list[str]:
    """The tables whose stores this deploy may replace."""
    return context_flag.names(application, REPLACE_STORES)


def keep_up_to_date(prepare: CustomResource, application: FlinkApplication) -> None:
    """Update the stores of Prepare when a table is bound after Prepare was made."""

    def update() -> None:
        resource = prepare.node.default_child
        assert isinstance(resource, CfnResource)
        resource.add_property_override(key_of("stores"), dict(application.stores))

    application.when_bound(update)
