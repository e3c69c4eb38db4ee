"""Every private name of ministack that this package uses, in one place.

ministack has no interface for what is done here. So its version is pinned exactly and the names
are looked up at start: a release that moved one is refused with the list of what is missing,
instead of failing in the middle of a deploy.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

VERSION = "1.5.33"

_NAMES = {
    "ministack.app": ("app", "AUTH"),
    "ministack.core.responses": (
        "request_scope",
        "error_response_json",
        "get_account_id",
        "get_region",
        "json_response",
    ),
    "ministack.core.iam_evaluator": (
        "EvalContext",
        "_gather_role_policies",
        "evaluate",
        "evaluate_resource_policy",
        "evaluate_trust_policy",
    ),
    "ministack.core.iam_actions": ("SERVICE_TO_IAM_NAMESPACE", "extract_resource_arn"),
    "ministack.core.lambda_runtime": ("Worker", "_collect", "_signal"),
    "ministack.services.sts": ("register_session", "_sessions"),
    "ministack.services.eventbridge": ("_invoke_target", "_put_events"),
    "ministack.services.iam": ("_roles",),
    "ministack.services.kinesis": (
        "_delete_resource_policy",
        "_deregister_consumer",
        "_put_resource_policy",
        "_register_consumer",
        "_shard_iterators",
        "_start_stream_encryption",
        "_stop_stream_encryption",
    ),
    "ministack.services.kinesisanalyticsv2": (
        "_HANDLERS",
        "_applications",
        "_snapshots",
        "_dataplane",
        "_add_snapshot",
        "_arn",
        "_bump_version",
        "_configuration_description",
        "_encryption_description",
        "_restart_for_update",
        "_get",
        "_settle",
        "application_detail",
        "create_application",
        "delete_application",
        "replace_from_template",
        "update_application",
        "add_logging_option",
        "delete_logging_option",
    ),
    "ministack.services.cloudwatch": (
        "_alarms",
        "_composite_alarms",
        "_calc_stats",
        "_dims_key",
        "_dispatch_alarm_actions",
        "_evaluate_alarm",
        "_evaluate_parent_alarms",
        "_metrics",
        "_put_composite_alarm",
        "_record_history",
        "_stat_value",
        "record_metric",
    ),
    "ministack.services.cloudwatch_logs": (
        "_compile_filter_pattern",
        "_put_log_events",
    ),
    "ministack.services.dynamodb": (
        "_tables",
        "_tags",
        "_update_table",
        "_update_ttl",
        "_update_continuous_backups",
    ),
    "ministack.services.firehose": ("_deliver_to_s3",),
    "ministack.services.lambda_svc": ("function_policy_for_arn",),
    "ministack.services.s3": (
        "_get_object_data",
        "_put_bucket_encryption",
        "_resolve_sse_write_headers",
        "_put_bucket_lifecycle",
        "_put_bucket_tagging",
        "_bucket_encryption",
        "_bucket_lifecycle",
        "_bucket_tags",
        "_bucket_versioning",
    ),
    "ministack.services.msk": (
        "_bootstrap_strings",
        "_camelize",
        "_clusters",
        "_config_revisions",
        "_configurations",
        "_create_cluster",
        "_create_configuration",
        "_delete_cluster",
        "_scram_secrets",
    ),
    "ministack.services.secretsmanager": ("_get_secret_value", "_secrets"),
    "ministack.services.sns": ("_topics",),
    "ministack.services.cloudformation": ("_stacks",),
    "ministack.services.cloudformation.custom_resource": (
        "deliver_response",
        "invoke_custom_resource",
        "register_token",
    ),
    "ministack.services.cloudformation.handlers": (
        "_ACTION_HANDLERS",
        "_add_event",
        "_deploy_stack_async",
        "_resolve_stack",
        "validate_template_support",
    ),
    "ministack.services.cloudformation.provisioners": (
        "_NAME_SEED",
        "_RESOURCE_HANDLERS",
        "_cr_stack_id",
        "_cw_metric_alarm_record",
        "_physical_name",
        "_tag_map",
    ),
    "ministack.services.cloudformation.stacks": (
        "CLIENT_REQUEST_TOKEN",
        "_add_event",
        "_custom_named_replacement_error",
        "_provision_resource",
        "_resolve_stack_outputs",
        "_roll_back_operation",
        "_update_resource",
    ),
    "ministack.services.cloudformation.changesets": (
        "_IMPORT_LOOKUPS",
        "_add_event",
        "_deploy_stack_async",
        "validate_template_support",
    ),
}

_modules: dict[str, Any] = {}


def check() -> None:
    """Import ministack and see that it is the one this package was written against.

    Raises:
        RuntimeError: another version, or a name is missing.
    """
    version = importlib.metadata.version("ministack")
    if version != VERSION:
        raise RuntimeError(
            f"ministack {version} is installed; this needs exactly {VERSION}: "
            f"pip install ministack=={VERSION}"
        )
    missing = []
    for name, attributes in _NAMES.items():
        _modules[name] = importlib.import_module(name)
        missing += [f"{name}.{a}" for a in attributes if not hasattr(_modules[name], a)]
    if missing:
        raise RuntimeError(f"ministack {version} lacks {', '.join(missing)}")


def _module(name: str) -> Any:  # noqa: ANN401 - untyped library
    return _modules[f"ministack.{name}"]


def asgi_app() -> Any:  # noqa: ANN401
    """The ASGI application that serves every API."""
    return _module("app").app


def service(name: str) -> Any:  # noqa: ANN401
    """A service's module, for its stores and operations."""
    return _module(f"services.{name}")


def cloudformation(name: str = "") -> Any:  # noqa: ANN401
    """A module of the CloudFormation engine."""
    return _module("services.cloudformation" + (f".{name}" if name else ""))


def core(name: str) -> Any:  # noqa: ANN401
    """A module that all services share."""
    return _module(f"core.{name}")


def resource_handlers() -> dict[str, dict[str, Any]]:
    """CloudFormation type to its `create`, `update`, `delete` and `import`."""
    handlers: dict[str, dict[str, Any]] = cloudformation("provisioners")._RESOURCE_HANDLERS
    return handlers


@contextmanager
def scope(account: str, region: str) -> Iterator[None]:
    """The account and region that the stores are read and written for."""
    with core("responses").request_scope(account, region):
        yield


def error(code: str, message: str) -> Any:  # noqa: ANN401
    """A JSON service's error response."""
    return core("responses").error_response_json(code, message, 400)


def answer(body: dict[str, Any]) -> Any:  # noqa: ANN401
    """A JSON service's response."""
    return core("responses").json_response(body)


def replace(module: Any, name: str, make: Callable[[Any], Any]) -> None:  # noqa: ANN401
    """Put `make(original)` in the place of a module's function."""
    setattr(module, name, make(getattr(module, name)))
