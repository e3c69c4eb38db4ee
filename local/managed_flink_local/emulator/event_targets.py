"""A rule invokes a function only when the function's own policy lets it, as on AWS."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

logger = logging.getLogger("managed_flink")

_SERVICE = "events.amazonaws.com"


def _may_invoke(function_arn: str, rule_arn: str) -> bool:
    found = ministack.service("lambda_svc").function_policy_for_arn(function_arn)
    if found is None:
        return False
    policy, account = found
    evaluator = ministack.core("iam_evaluator")
    context = evaluator.EvalContext(
        principal_arn=_SERVICE,
        principal_type="Service",
        principal_account=account,
        action="lambda:InvokeFunction",
        resource_arn=function_arn,
        region=rule_arn.split(":")[3],
        service_context={"aws:sourcearn": rule_arn, "aws:sourceaccount": account},
    )
    result = evaluator.evaluate_resource_policy(policy, context, service=_SERVICE)
    return bool(result.decision == "Allow")


def install() -> None:
    """Drop the invocations that EventBridge would count as failed."""

    def invoke(original: Callable[..., None]) -> Callable[..., None]:
        def checked(
            target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], *view: object
        ) -> None:
            arn, rule_arn = str(target.get("Arn", "")), str(rule.get("Arn", ""))
            # A schedule of EventBridge Scheduler invokes by its role instead.
            if (
                ":function:" in arn
                and rule_arn.startswith("arn:aws:events:")
                and not _may_invoke(arn, rule_arn)
            ):
                logger.warning("%s may not invoke %s: no AWS::Lambda::Permission", rule_arn, arn)
                return
            original(target, event, rule, *view)

        return checked

    ministack.replace(ministack.service("eventbridge"), "_invoke_target", invoke)
