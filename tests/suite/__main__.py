"""Runs the suite: `python -m tests.suite test|all|busy [PART]`."""

from __future__ import annotations

import argparse
import multiprocessing
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.suite import record
from tests.suite.parts import ALL, REAL, RESULTS, ROOT, TEST, Part, variables
from tests.suite.usage import Meter, Usage

BUSY_RUNS = 3
BUSY_PROCESSES = 2
BUSY = Part(
    name="busy",
    what=f"{REAL.name}, {BUSY_RUNS} times in a row beside {BUSY_PROCESSES} busy processes",
    commands=REAL.commands,
)


def main() -> int:
    """The exit code of the first command that failed, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.suite")
    parser.add_argument("what", choices=("test", "all", "busy"))
    parser.add_argument("part", nargs="?", choices=[part.name for part in ALL])
    arguments = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    if arguments.what == "busy":
        return _busy()
    if arguments.what == "test":
        return _run(TEST, write=False)
    if arguments.part:
        return _run([part for part in ALL if part.name == arguments.part], write=True)
    standing = [part for part in ALL if record.stands(part)]
    for part in standing:
        print(f"{part.name}: has passed on this code, see {record.FILE.relative_to(ROOT)}")
    return _run([part for part in ALL if part not in standing], write=True)


def _run(parts: Sequence[Part], *, write: bool) -> int:
    used, code, lines = Usage(0, 0), 0, []
    for part in parts:
        code, usage = _run_part(part)
        used += usage
        lines.append(f"{part.name}: {usage}")
        if write:
            record.write(record.Result.of(part, code == 0, usage))
        if code:
            break
    print("", *lines, f"{'passed' if code == 0 else 'FAILED'}: {used}", sep="\n", flush=True)
    return code


def _run_part(part: Part) -> tuple[int, Usage]:
    part.counted.unlink(missing_ok=True)
    print(f"\n==> {part.name}: {part.what}", flush=True)
    meter = Meter()
    for command in part.commands:
        code = subprocess.run(command, cwd=ROOT, env=variables(), check=False).returncode
        if code:
            break
    return code, meter.read()


def _busy() -> int:
    """The part on a real Flink several times, while as many processes as cores do nothing else."""
    used, code = Usage(0, 0), 0
    with _load():
        for number in range(BUSY_RUNS):
            code, usage = _run_part(REAL)
            used += usage
            print(f"\nbusy run {number + 1} of {BUSY_RUNS}: {usage}", flush=True)
            if code:
                break
    record.write(record.Result.of(BUSY, code == 0, used))
    return code


@contextmanager
def _load() -> Iterator[None]:
    processes = [multiprocessing.Process(target=_loop, daemon=True) for _ in range(BUSY_PROCESSES)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()


def _loop() -> None:
    while True:
        pass


if __name__ == "__main__":
    sys.exit(main())
