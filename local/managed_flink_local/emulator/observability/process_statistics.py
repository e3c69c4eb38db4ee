"""Processor time and memory of a process, as the operating system counts them."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Usage:
    """One reading."""

    taken: float
    cpu_seconds: float
    resident_bytes: int


def read(group: int) -> Usage | None:
    """The usage of all processes of a group: the TaskManager and its Python workers."""
    return _from_proc(group) if Path("/proc/self/stat").exists() else _from_ps(group)


def _from_proc(group: int) -> Usage | None:
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    cpu = resident = 0.0
    found = False
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The command may hold spaces and parentheses; fields are counted after its end.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) != group:
            continue
        found = True
        cpu += (int(fields[11]) + int(fields[12])) / ticks
        resident += int(fields[21]) * page
    return Usage(time.monotonic(), cpu, int(resident)) if found else None


def _from_ps(group: int) -> Usage | None:
    listed = subprocess.run(
        ["ps", "-A", "-o", "pgid=,time=,rss="], capture_output=True, text=True, check=False
    )
    cpu, resident, found = 0.0, 0, False
    for line in listed.stdout.splitlines():
        pgid, spent, rss = line.split()
        if int(pgid) != group:
            continue
        found = True
        seconds = 0.0
        for part in spent.replace("-", ":").split(":"):
            seconds = seconds * 60 + float(part)
        cpu += seconds
        resident += int(rss) * 1024
    return Usage(time.monotonic(), cpu, resident) if found else None
