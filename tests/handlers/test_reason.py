from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_managed_flink.handlers.managed_flink_lifecycle.rules.reason import (
    MAX_BYTES,
    duration,
    one_line,
    sentence,
    shorten,
)


@given(st.text(alphabet=st.characters(), max_size=2000), st.integers(min_value=3, max_value=1500))
def test_reason_never_takes_more_bytes_than_allowed(text: str, limit: int) -> None:
    short = shorten(text, limit)
    encoded = json.dumps(short, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert len(encoded) - 2 <= limit


@pytest.mark.parametrize("character", ["é", "温", "🌡", '"', "\x00"])
def test_multi_byte_and_escaped_text_is_cut_whole(character: str) -> None:
    short = shorten(character * 2000)
    assert len(json.dumps(short, ensure_ascii=False).encode()) - 2 <= MAX_BYTES
    assert set(short) <= {character, "…"}
    assert len(short) > 200


def test_short_text_is_left_alone() -> None:
    assert shorten("température") == "température"


def test_words() -> None:
    assert one_line(" a\n\tb  c ") == "a b c"
    assert [sentence(text) for text in ("a", "a.", "a…")] == ["a.", "a.", "a…"]
    assert [duration(s) for s in (42.9, 300, 12_000)] == ["42 s", "5 min", "3 h 20 min"]
