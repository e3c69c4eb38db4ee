"""DesiredState: whether the application is to run once a deploy is through."""

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import DesiredState as DesiredState
