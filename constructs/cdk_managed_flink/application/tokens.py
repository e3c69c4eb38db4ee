"""Whether a value is a token, judged by its own form: asking CDK is a round trip to its process."""

import re
import struct

from aws_cdk import Token

_MARK = "${Token["
_IN_TEXT = re.compile(r"\$\{Token\[[a-zA-Z0-9:._-]+\]\}")
_IN_LIST = re.compile(r"#\{Token\[[a-zA-Z0-9:._-]+\]\}")
# The upper bits of a number that stands for a token; all such numbers are near -1.9e289.
_IN_NUMBER = 0xFBFF
_LEAST = 1e288


def is_token(value: object) -> bool:
    """Same as ``Token.is_unresolved``: whether the value is known only in the deploy."""
    if value is None or isinstance(value, dict):
        return False
    if isinstance(value, str):
        return _MARK in value and _IN_TEXT.search(value) is not None
    if isinstance(value, int | float):
        if value > -_LEAST:
            return False
        return int(struct.unpack("<Q", struct.pack("<d", float(value)))[0]) >> 48 == _IN_NUMBER
    if isinstance(value, list | tuple):
        first = value[0] if len(value) == 1 else None
        return isinstance(first, str) and _IN_LIST.search(first) is not None
    return Token.is_unresolved(value)


def text_of(number: float) -> str:
    """A number as text, a token as a token of text."""
    return Token.as_string(number) if is_token(number) else str(number)
