"""Ports for servers that are told theirs before they listen."""

from __future__ import annotations

import contextlib
import random
import socket
from pathlib import Path

_LOWEST = 15_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
# IANA's, where the system has no file that says it.
_FIRST_EPHEMERAL = 49_152


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different.

    Below those that the system hands out for outgoing connections: one of these could be taken
    before its server listens, which on a busy machine is seconds later.
    """
    with contextlib.ExitStack() as held:
        return [_bound(held.enter_context(socket.socket())) for _ in range(count)]


def _bound(probe: socket.socket) -> int:
    for _ in range(100):
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(_LOWEST, _first_ephemeral())))
            break
    else:
        probe.bind(("127.0.0.1", 0))
    return int(probe.getsockname()[1])


def _first_ephemeral() -> int:
    try:
        first = int(_RANGE.read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        first = _FIRST_EPHEMERAL
    return max(first, _LOWEST + 1000)
