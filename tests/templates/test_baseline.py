"""Nothing changes in a template unnoticed."""

from pathlib import Path

import baseline
import pytest
from configurations import template_of

from tests.unit.jars import write_jar


@pytest.mark.slow
@pytest.mark.parametrize("name", baseline.NAMES)
def test_the_template_is_as_stored_unless_a_change_is_wanted(name: str, tmp_path: Path) -> None:
    """A difference that is wanted: ``make baseline``, and a line in the CHANGELOG."""
    now = baseline.lines_of(template_of(baseline.stack_of(name, write_jar(tmp_path / "job.jar"))))
    was = baseline.stored(name)
    changed = {
        id_: (was.get(id_), now.get(id_)) for id_ in {*was, *now} if was.get(id_) != now.get(id_)
    }
    assert changed == {}
