"""What the broker answers to an administrator."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaException

SECONDS = 15.0


def answered(future: Future[Any], what: str, *, fine: int | None = None) -> None:
    """Wait for the answer.

    Raises:
        ValueError: the broker refuses, with another code than the one that is fine.
    """
    try:
        future.result(timeout=SECONDS)
    except KafkaException as error:
        told = error.args[0]
        if told.code() != fine:
            raise ValueError(f"the broker refuses {what}: {told.str()}") from error
