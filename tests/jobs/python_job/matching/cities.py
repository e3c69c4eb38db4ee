"""The city that a person meant, whatever the spelling."""
# mypy: ignore-errors

from functools import cache
from pathlib import Path

from rapidfuzz import fuzz, process
from text_unidecode import unidecode

_GOOD_ENOUGH = 75


def plain(text: str) -> str:
    """ASCII, lower case."""
    return str(unidecode(text)).strip().lower()


@cache
def _known() -> dict[str, str]:
    # Beside this module, here and where the workers unpack it.
    listed = Path(__file__).with_name("cities.txt").read_text(encoding="utf-8").splitlines()
    return {city: plain(city) for city in listed}


def meant(text: str | None) -> str | None:
    """The closest known city, or none that is close enough."""
    if text is None:
        return None
    found = process.extractOne(plain(text), _known(), scorer=fuzz.ratio, score_cutoff=_GOOD_ENOUGH)
    return None if found is None else str(found[2])
