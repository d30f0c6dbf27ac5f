"""Format values and errors for messages: one line, shortened, with a suggestion for a misspelt name."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection

MOST_CHARACTERS = 80
MOST_OF_A_REASON = 200


class InputFileError(ValueError):
    """A file of the user that cannot be used; the message says which file and where in it."""


def shown(value: object) -> str:
    """Return a value as messages show it: on one line and shortened."""
    return _short(value if isinstance(value, str) and value.isprintable() and value else quoted(value))


def quoted(value: object) -> str:
    """Return the shortened ``repr`` of a value."""
    try:
        return _short(repr(value))
    except ValueError:  # Python refuses to write integers of thousands of digits
        return f"a number of more than {sys.get_int_max_str_digits()} digits"


def reason(error: object) -> str:
    """Return the text of an error on one line, shortened."""
    text = " ".join(str(error).split()) or type(error).__name__
    return _short("".join(sign if sign.isprintable() else "?" for sign in text), MOST_OF_A_REASON)


def closest(word: object, known: Collection[str]) -> str:
    """Return a suggestion of the known word closest to this one, or an empty text."""
    near = difflib.get_close_matches(str(word), known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _short(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return a text cut to a number of characters."""
    return text if len(text) <= most else f"{text[:most]}..."
