"""The shape of the project: the source root, the arrows, the fifteen lines."""

import re
import subprocess
import sys
from pathlib import Path

import constructs

ROOT = Path(__file__).parents[2]


def test_constructs_is_a_source_root_and_hides_no_package() -> None:
    assert not (ROOT / "constructs" / "__init__.py").exists()
    assert "site-packages" in str(constructs.__file__)


def test_arrows_of_the_map_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
    assert " kept, 0 broken" in found.stdout


def stack_class() -> str:
    source = (ROOT / "stacks" / "sensors.py").read_text(encoding="utf-8")
    return source[source.index("class SensorsStack") :].rstrip()


def test_the_stack_has_at_most_fifteen_lines() -> None:
    assert len(stack_class().splitlines()) <= 15


def test_the_readme_shows_the_stack_that_is_deployed() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"<!-- stack -->\n```python\n(.*?)\n```", readme, re.DOTALL)
    assert shown == stack_class()
