"""CloudWatch Logs filter patterns over text: terms, phrases, alternatives and exclusions.

The emulator splits at blanks and ignores case, so that `?"to FAILED" ?"Exception"` finds nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

Matcher = Callable[[str], bool]

_TERM = re.compile(r'(?P<sign>[?-]?)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"]+))')
_COMPARISON = re.compile(
    r'^\{\s*\$\.(?P<field>[\w.]+)\s*(?P<operator>!?=)\s*(?:"(?P<text>[^"]*)"|(?P<bare>\S+))\s*\}$'
)


def compile_pattern(raw: str) -> Matcher:
    """A pattern's matcher.

    Raises:
        ValueError: a kind of pattern that is not supported here.
    """
    raw = (raw or "").strip()
    if not raw:
        return lambda message: True
    if raw.startswith("{"):
        return _json_pattern(raw)
    if raw.startswith(("[", "%")):
        raise ValueError(f"filter patterns such as {raw!r} are not supported on this machine")
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    for match in _TERM.finditer(raw):
        phrase = match["phrase"]
        text = match["word"] if phrase is None else re.sub(r"\\(.)", r"\1", phrase)
        terms[match["sign"]].append(text)
    # With alternatives and required terms together the service ignores the alternatives.
    required, excluded = terms[""], terms["-"]
    alternatives = [] if required else terms["?"]

    def matches(message: str) -> bool:
        return (
            all(term in message for term in required)
            and not any(term in message for term in excluded)
            and (not alternatives or any(term in message for term in alternatives))
        )

    return matches


def _json_pattern(raw: str) -> Matcher:
    comparison = _COMPARISON.match(raw)
    if comparison is None:
        raise ValueError(
            f"of JSON filter patterns only one comparison is supported on this machine, not {raw!r}"
        )
    path = comparison["field"].split(".")
    wanted = comparison["bare"] if comparison["text"] is None else comparison["text"]
    pattern = re.compile(".*".join(map(re.escape, wanted.split("*"))), re.DOTALL)

    def matches(message: str) -> bool:
        try:
            value: Any = json.loads(message)
            for part in path:
                value = value[part]
        except (ValueError, KeyError, TypeError):
            return False
        return (pattern.fullmatch(str(value)) is not None) == (comparison["operator"] == "=")

    return matches


def install() -> None:
    """Use these in FilterLogEvents."""
    ministack.service("cloudwatch_logs")._compile_filter_pattern = compile_pattern
