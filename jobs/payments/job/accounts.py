"""What SQL has no function for: whether an account number is one."""

import re

_IBAN = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{11,30}", re.ASCII)


def iban_is_valid(text: str | None) -> bool:
    """Whether a text is an IBAN whose check digits are right (ISO 13616: modulo 97 is 1).

    Flink asks for every message, also for those that are refused for another reason.
    """
    if text is None or not _IBAN.fullmatch(text):
        return False
    moved = text[4:] + text[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1
