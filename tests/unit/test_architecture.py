"""The map's index: each path that it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def index() -> dict[str, str]:
    section = MAP.split("## Where is …\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| (.+?) \| `(.+?)` \|$", section, re.MULTILINE))


def test_the_index_answers_at_least_twenty_questions() -> None:
    assert len(index()) >= 20


def test_each_path_of_the_index_is_there() -> None:
    assert [path for path in index().values() if not (ROOT / path).exists()] == []


def test_the_map_names_every_room_of_the_library() -> None:
    library = ROOT / "constructs" / "cdk_managed_flink"
    rooms = {path.parent.name for path in library.glob("*/__init__.py")}
    drawing = MAP.split("## Rooms\n")[1].split("\n## ")[0]
    assert {room for room in rooms if f"{room}/" not in drawing} == set()
