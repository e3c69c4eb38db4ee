"""The templates of the reference stacks and of the stack of everything, stored: a line a resource.

``make baseline`` writes the files anew; what differs in them is wanted, and in the CHANGELOG.
"""

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from all_of_it import all_of_it
from configurations import ENVIRONMENTS, ROOT, app, template_of

import app as reference_app
from stacks.settings import settings_for
from tests.unit.jars import write_jar

STORED = Path(__file__).parent / "baseline"
ALL = "all-of-it"
NAMES = (ALL, *(f"{env}-{job}" for env in ENVIRONMENTS for job in reference_app.STACKS))
# Names of assets go by their content: that of the functions' code changes with every word in it.
_HASH = re.compile("[0-9a-f]{64}")


def stack_of(name: str, jar: Path) -> cdk.Stack:
    """The stack of that name, with a jar for those that are not reference stacks."""
    if name == ALL:
        return all_of_it(jar)
    environment, _, job = name.partition("-")
    stack: cdk.Stack = reference_app.STACKS[job](
        app(), name, jobs=ROOT / "jobs", settings=settings_for(environment)
    )
    return stack


def lines_of(template: dict[str, Any]) -> dict[str, str]:
    """Logical id, or section and name of what is no resource, to its text."""
    found = {}
    for section, content in template.items():
        for name, value in content.items() if isinstance(content, dict) else [("", content)]:
            id_ = name if section == "Resources" else f"{section}.{name}"
            found[id_] = _HASH.sub("<hash>", json.dumps(value, sort_keys=True))
    return dict(sorted(found.items()))


def stored(name: str) -> dict[str, str]:
    """What ``lines_of`` gave when the file was written."""
    text = (STORED / f"{name}.txt").read_text(encoding="utf-8")
    return dict(line.split(" ", 1) for line in text.splitlines())


def write(jar: Path) -> None:
    """Store the templates as they are now."""
    STORED.mkdir(exist_ok=True)
    for name in NAMES:
        lines = lines_of(template_of(stack_of(name, jar)))
        text = "".join(f"{id_} {line}\n" for id_, line in lines.items())
        (STORED / f"{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        write(write_jar(Path(folder) / "job.jar"))
    sys.exit(0)
