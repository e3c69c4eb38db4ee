"""DesiredState: the state of the application after a deploy."""

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import DesiredState as DesiredState
