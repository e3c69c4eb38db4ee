"""Something that goes on beside a test."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Background:
    """Calls a function every so many seconds until it answers True or the block ends.

    It may be entered again afterwards.
    """

    def __init__(self, call: Callable[[], bool | None], again: float = 0.2) -> None:
        self._call, self._again = call, again
        self._ended = threading.Event()
        self._failure: Exception | None = None
        self._thread: threading.Thread | None = None

    def _run(self) -> None:
        while not self._ended.wait(self._again):
            try:
                if self._call():
                    return
            except Exception as failure:
                self._failure = failure
                return

    def __enter__(self) -> Self:
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._thread is not None
        self._ended.set()
        self._thread.join()
        if self._failure is not None and error is None:
            raise self._failure
