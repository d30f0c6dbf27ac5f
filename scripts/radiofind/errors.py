"""Show in a message what a user gave: one line, not too long, with a hint where a name is nearly right."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection

MOST_CHARACTERS = 80
MOST_OF_A_REASON = 200


class InputFileError(ValueError):
    """A file of the user that cannot be used; the message names the file and the place in it."""


def shown(value: object) -> str:
    """Return a value as a message shows it, on one line and not too long."""
    return _short(value if isinstance(value, str) and value.isprintable() and value else quoted(value))


def quoted(value: object) -> str:
    """Return a value as Python writes it, and not too long."""
    try:
        return _short(repr(value))
    except ValueError:  # Python refuses to write integers of thousands of digits
        return f"a number of more than {sys.get_int_max_str_digits()} digits"


def reason(error: object) -> str:
    """Return what a library says of an error, on one line and not too long."""
    text = " ".join(str(error).split()) or type(error).__name__
    return _short("".join(sign if sign.isprintable() else "?" for sign in text), MOST_OF_A_REASON)


def closest(word: object, known: Collection[str]) -> str:
    """Return a hint at the known word that is most like this one, or nothing."""
    near = difflib.get_close_matches(str(word), known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _short(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return the beginning of a text."""
    return text if len(text) <= most else f"{text[:most]}..."
