"""The sensors job on a real Flink: results, a new version from a savepoint, a sick one, and back.

Source and sinks are folders here; Kinesis, DynamoDB and S3 take their places in `tests/local`. The
folder's files come one by one, because Flink reads several new ones in any order.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jobs.sensors import comparison, events, expected, versions
from managed_flink_local import stored, toolchain
from managed_flink_local.comparison import Comparison
from managed_flink_local.emulator.flink import client
from tests.jobs.clusters import Clusters, RunningJob
from tests.waiting import STILL_SECONDS, until

# `tests/local/test_sensors.py` shows the same job as it is deployed.
pytestmark = [pytest.mark.flink, pytest.mark.long]

SQL = Path(versions.__file__).with_name("job.sql")
RUNNER = Path("constructs/cdk_managed_flink/job")
# A folder has other metadata than a stream, of the same types.
METADATA = {
    "'timestamp'": "'file.modification-time'",
    "'shard-id'": "'file.name'",
    "'sequence-number'": "'file.path'",
}


@dataclass
class Folders:
    """The folders that are the job's source and sinks, its cluster, and what was sent so far."""

    root: Path
    clusters: Clusters
    running: ExitStack = field(default_factory=ExitStack)
    sent: list[bytes] = field(default_factory=list)
    files: int = 0
    starts: int = 0
    job: RunningJob | None = None

    def start(self, sql: str, savepoint: str | None = None) -> None:
        self.starts += 1
        code = self.root / f"code-{self.starts}"
        package = code / "job" / "managed_flink_job"
        shutil.copytree(RUNNER, package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(package / "main.py", code)
        for stream, folder in METADATA.items():
            assert sql.count(f"METADATA FROM {stream}") == 1
            sql = sql.replace(f"METADATA FROM {stream}", f"METADATA FROM {folder}")
        (package / "sql").mkdir()
        (package / "sql" / "job.sql").write_text(sql, encoding="utf-8")
        self.running.close()
        self.job = self.running.enter_context(
            self.clusters.running(
                toolchain.FLINK_1,
                code=code,
                archive=code,
                groups=groups(self.root),
                root=self.root,
                interval="1 s",
                restore=client.start_from(savepoint, allow_non_restored_state=False),
            )
        )

    @property
    def now(self) -> RunningJob:
        assert self.job is not None
        return self.job

    def stop(self) -> str:
        target = (self.root / "savepoints").as_uri()
        return self.now.rest.savepoint(self.now.id, target, stop=True, wait=STILL_SECONDS)

    def send(self, payloads: list[bytes]) -> None:
        self.sent += payloads
        self.files += 1
        file = self.root / "events" / f".{self.files:04}"
        file.write_bytes(b"".join(payload + b"\n" for payload in payloads))
        file.rename(file.with_name(f"{self.files:04}"))

    def compare(self) -> list[Comparison]:
        """Expected against found, as soon as they are equal or at the end of patience."""
        rows = expected.expect(self.sent)

        def look() -> list[Comparison]:
            return comparison.compare(rows, {sink: self.found(sink) for sink in SINKS})

        with suppress(AssertionError):
            return until(look, lambda compared: all(sink.equal for sink in compared))
        return look()

    def found(self, sink: str) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        for file in sorted((self.root / sink).rglob("*")):
            key = str(file.relative_to(self.root))
            if file.is_file() and stored.is_data(key):
                rows += stored.rows_of_object(key, file.read_bytes())
        if sink != "readings":
            return rows
        # A table overwrites, a folder gathers.
        rows.sort(key=lambda row: str(row.get("window_end")))
        return list({(row["sensor"], row["item"]): row for row in rows}.values())

    def failure(self) -> str:
        return until(lambda: self.now.rest.exceptions(self.now.id))


SINKS = tuple(comparison.KEYS)


def groups(root: Path) -> dict[str, dict[str, str]]:
    def folder(name: str, **more: str) -> dict[str, str]:
        return {"connector": "filesystem", "path": (root / name).as_uri(), **more}

    rolling = {
        "format": "json",
        "sink.rolling-policy.rollover-interval": "1 s",
        "sink.rolling-policy.check-interval": "500 ms",
    }
    return {
        client.RUN_OPTIONS: {"python": "main.py", "pyFiles": "job/"},
        "events": folder("events", format="raw", **{"source.monitor-interval": "200 ms"}),
        **{sink: folder(sink, **rolling) for sink in SINKS},
    }


@pytest.fixture(scope="module")
def folders(clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folders]:
    root = tmp_path_factory.mktemp("sensors")
    (root / "events").mkdir()
    with ExitStack() as running:
        yield Folders(root, clusters, running)


@dataclass
class Story:
    """What was seen, act by act."""

    first: list[Comparison]
    restored: list[Comparison]
    versions: set[object]
    sick: str
    back: list[Comparison]


@pytest.fixture(scope="module")
def story(folders: Folders) -> Story:
    sql = SQL.read_text(encoding="utf-8")
    batches = {name: [r.data for r in records] for name, records in events.batches().items()}
    folders.start(sql)
    folders.send(batches["first"])
    first = folders.compare()

    # Stopped in the middle of a batch. What comes first after the restore needs the state most.
    folders.send(batches["before_redeploy"])
    time.sleep(0.7)
    savepoint = folders.stop()
    folders.start(versions.version_2(sql), savepoint)
    late = (
        b'{"event_id":"late","sensor":"roof","event_time":"2010-01-17T00:00:00Z","temperature":1}'
    )
    folders.send([late, batches["first"][-1], *batches["during_redeploy"]])
    restored = folders.compare()
    folders.send(batches["after_redeploy"])
    restored = folders.compare()
    seen = {row["job_version"] for row in folders.found("lake")}

    savepoint = folders.stop()
    folders.start(versions.sick(versions.version_2(sql)), savepoint)
    folders.send(batches["during_sick"])
    sick = folders.failure()
    folders.start(versions.version_2(sql), savepoint)
    return Story(first, restored, seen, sick, folders.compare())


def differences(compared: list[Comparison]) -> list[str]:
    return [
        f"{sink}: {sink.missing[:2]} {sink.unexpected[:2]} {sink.doubled[:2]}"
        for sink in compared
        if not sink.equal
    ]


def test_every_sink_holds_what_is_expected(story: Story) -> None:
    assert not differences(story.first)
    assert [sink.expected > 20 for sink in story.first] == [True, True, True]


def test_new_version_goes_on_from_the_state(story: Story) -> None:
    assert not differences(story.restored)
    assert story.versions == {"1", "2"}


def test_sick_version_fails_with_the_name_of_a_sensor(story: Story) -> None:
    assert "NumberFormatException" in story.sick
    assert any(f"'{sensor}'" in story.sick for sensor in events.SENSORS)


def test_version_before_comes_back_from_the_same_savepoint(story: Story) -> None:
    assert not differences(story.back)


def test_stream_is_read_once(folders: Folders, story: Story) -> None:
    vertices = folders.now.rest.job(folders.now.id)["vertices"]
    sources = [vertex["name"] for vertex in vertices if "Source:" in vertex["name"]]
    assert len(sources) == 1
