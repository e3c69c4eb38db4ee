"""Functions of ``handlers/``, and CDK's provider framework around two of them."""

from functools import cache
from pathlib import Path
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as stepfunctions
from aws_cdk import custom_resources as cr
from constructs import Construct

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.acknowledge import acknowledge_provider
from cdk_managed_flink.application.place import share_place

_HANDLERS = Path(__file__).parent.parent / "handlers"


class HandlerFunctions:
    """Functions of one package of handlers, with one role and one log.

    Their construct ids lie in ``scope``: they are contract, since CloudFormation refuses a custom
    resource whose ServiceToken changes.

    Attributes:
        role: Role of the functions; it may write the log.
        log_group: What they did, and why.
    """

    def __init__(self, scope: Construct, *, package: str, description: str) -> None:
        self._scope = scope
        self._package = package
        self.log_group = logs.LogGroup(
            scope,
            "LogGroup",
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(
            scope,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=description,
        )
        share_place(scope, self.role)
        self.log_group.grant_write(self.role)
        others = [
            found.name
            for found in sorted(_HANDLERS.iterdir())
            if found.is_dir() and found.name not in (package, "__pycache__")
        ]
        self._code = lambda_.Code.from_asset(
            str(_HANDLERS), exclude=[*others, "**/__pycache__", "**/*.pyc"]
        )

    def function(self, id: str, handler: str, **further: Any) -> lambda_.Function:  # noqa: ANN401
        """One of the package's entry points; further arguments are the function's own."""
        return lambda_.Function(
            self._scope,
            id,
            runtime=_runtime(),
            architecture=_architecture(),
            handler=f"{self._package}.entry.{handler}",
            code=self._code,
            log_group=self.log_group,
            timeout=durations.minutes(2),
            memory_size=256,
            **{"role": self.role, **further},
        )

    def service_token(
        self,
        on_event: lambda_.Function,
        is_complete: lambda_.Function,
        *,
        poll_interval: Duration,
        deadline: Duration,
    ) -> str:
        """Put the framework around the two functions; the token is for custom resources."""
        provider = cr.Provider(
            self._scope,
            "Provider",
            on_event_handler=on_event,
            is_complete_handler=is_complete,
            disable_waiter_state_machine_logging=False,
            query_interval=poll_interval,
            total_timeout=deadline,
            log_group=self.log_group,
            waiter_state_machine_log_options=cr.LogOptions(
                destination=self.log_group,
                level=stepfunctions.LogLevel.ALL,
                include_execution_data=False,
            ),
        )
        acknowledge_provider(provider, [on_event, is_complete])
        return provider.service_token


@cache
def _runtime() -> lambda_.Runtime:
    return lambda_.Runtime.PYTHON_3_14


@cache
def _architecture() -> lambda_.Architecture:
    return lambda_.Architecture.ARM_64
