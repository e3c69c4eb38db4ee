"""UpdateStrategy: what becomes of the running state when a deploy changes the application."""

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import (
    UpdateStrategy as UpdateStrategy,
)
