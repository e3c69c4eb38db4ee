"""Firehose puts a delimiter after each record where AppendDelimiterToRecord asks for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

_WRITTEN = {"\\n": b"\n"}


def delimiter(destination: Mapping[str, Any]) -> bytes:
    """What a destination puts after each record; nothing if it is not asked to."""
    processing = destination.get("ProcessingConfiguration") or {}
    if str(processing.get("Enabled", "")).lower() != "true":
        return b""
    for processor in processing.get("Processors") or []:
        if processor["Type"] == "AppendDelimiterToRecord":
            given = {p["ParameterName"]: p["ParameterValue"] for p in processor["Parameters"]}
            text = str(given.get("Delimiter", "\\n"))
            return _WRITTEN.get(text, text.encode())
    return b""


def install() -> None:
    """Append it to what is delivered to a bucket."""

    def deliver(original: Callable[..., None]) -> Callable[..., None]:
        def delimited(
            stream: dict[str, Any], destination: dict[str, Any], data: bytes, *more: object
        ) -> None:
            data += delimiter(destination["config"])
            original(stream, destination, data, *more)

        return delimited

    ministack.replace(ministack.service("firehose"), "_deliver_to_s3", deliver)
