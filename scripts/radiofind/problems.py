"""Tell a user everything that is wrong with a file at once, with what was expected and what was received."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""Names of mosaics, finders, simulations and data sets: they become parts of paths."""

NAME_RULE = "a name of letters, digits, '.', '_' and '-' that starts with a letter or digit"

MOST_LINES = 20
"""A longer list hides the first mistake, which is often the cause of the others."""

MOST_CHARACTERS = 80


def listed(problems: Sequence[str]) -> str:
    """Return one text of several problems, a line each, the last ones only counted when there are many."""
    lines = list(dict.fromkeys(problems))
    left = len(lines) - MOST_LINES
    return "\n".join([*lines[:MOST_LINES], *([f"... and {left} more"] if left > 0 else [])])


def shown(value: object) -> str:
    """Return a value as a message shows it, on one line and not too long."""
    text = value if isinstance(value, str) and value.isprintable() and value else repr(value)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}..."


def closest(word: object, known: Collection[str]) -> str:
    """Return a hint at the known word that is most like this one, or nothing."""
    near = difflib.get_close_matches(str(word), known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def file_trouble(path: Path) -> str:
    """Return why a path does not lead to a file, or nothing if it does."""
    try:
        if path.is_file():
            return ""
        if path.is_dir():
            return "a folder"
        return "a link to nothing" if path.is_symlink() else "no such file"
    except OSError as error:
        return error.strerror or "not a path"
