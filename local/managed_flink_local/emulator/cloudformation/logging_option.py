"""A logging option that the service refuses to remove fails its delete, instead of staying."""

from __future__ import annotations

import json
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

LOGGING_OPTION = "AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption"


def _delete(physical_id: str, props: dict[str, Any]) -> None:
    service = ministack.service("kinesisanalyticsv2")
    request = {
        "ApplicationName": props.get("ApplicationName"),
        "CloudWatchLoggingOptionId": physical_id,
    }
    response = service.delete_logging_option(request)
    if response[0] >= 400:
        refusal = json.loads(response[2])
        if "ResourceNotFoundException" not in str(refusal.get("__type")):
            raise ValueError(f"{LOGGING_OPTION}: {refusal['message']}")


def install() -> None:
    """Put it in the place of the emulator's, which looks at no answer."""
    ministack.resource_handlers()[LOGGING_OPTION]["delete"] = _delete
