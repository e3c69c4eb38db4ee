"""Expressions in the prefixes of delivered objects. Source: "Custom prefixes for S3 objects"."""

import re
from collections.abc import Sequence

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token

_LONGEST = 1024
_EXPRESSION = re.compile(r"!\{([^:{}]*):([^{}]*)\}")
_ERROR_TYPE = "!{firehose:error-output-type}"
_NAMESPACES = ("timestamp", "firehose", "partitionKeyFromQuery")


def check_prefix(where: str, prefix: str, partition_keys: Sequence[str]) -> None:
    """Refuse a prefix that the service would refuse, or whose partition keys lead nowhere.

    Raises:
        ValueError: An unknown expression, one for errors only, or a partition key that is used
            and not defined, or defined and not used.
    """
    if is_token(prefix):
        return
    _check_form(where, "prefix", prefix)
    if _ERROR_TYPE in prefix:
        raise invalid(
            where,
            "prefix",
            prefix,
            f"no {_ERROR_TYPE}",
            "Only error_prefix may tell kinds of errors apart.",
        )
    used = {value for space, value in _EXPRESSION.findall(prefix) if space == _NAMESPACES[2]}
    for name in sorted(used - set(partition_keys)):
        raise invalid(
            where,
            "prefix",
            prefix,
            f"partition keys that partition_keys defines: {', '.join(partition_keys) or 'none'}",
            f'Define it: partition_keys={{"{name}": ".{name}"}}.',
        )
    for name in partition_keys:
        if name not in used:
            raise invalid(
                where,
                "partition_keys",
                name,
                "keys that the prefix uses",
                f"Add {name}=!{{partitionKeyFromQuery:{name}}}/ to prefix, or leave the key out.",
            )


def check_error_prefix(where: str, prefix: str) -> None:
    """Refuse a prefix of errors that the service would refuse.

    Raises:
        ValueError: Empty, or an expression without the kind of error.
    """
    if is_token(prefix):
        return
    _check_form(where, "error_prefix", prefix)
    if any(space == _NAMESPACES[2] for space, _ in _EXPRESSION.findall(prefix)):
        raise invalid(
            where,
            "error_prefix",
            prefix,
            "no partition key",
            "A record that can't be partitioned has none.",
        )
    if _ERROR_TYPE not in prefix:
        raise invalid(
            where,
            "error_prefix",
            prefix,
            f"a prefix with {_ERROR_TYPE}",
            "Without it failures of all kinds and the rows themselves look alike.",
        )


def _check_form(where: str, name: str, prefix: str) -> None:
    if len(prefix) > _LONGEST:
        raise invalid(
            where, name, prefix, f"at most {_LONGEST} characters", f"It has {len(prefix)}."
        )
    if prefix.startswith("/"):
        raise invalid(
            where, name, prefix, "a prefix without a slash at its beginning", "Remove it."
        )
    rest = _EXPRESSION.sub("", prefix)
    known = all(space in _NAMESPACES and value for space, value in _EXPRESSION.findall(prefix))
    if "!{" in rest or not known:
        raise invalid(
            where,
            name,
            prefix,
            "expressions !{timestamp:...}, !{firehose:...} and !{partitionKeyFromQuery:...}",
            "Write each as !{namespace:value}; the sequence !{ may not stand for itself.",
        )
