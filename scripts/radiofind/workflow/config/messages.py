"""Report all mistakes in a file at once, one line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_LINES = 20
"""Maximum number of mistakes shown: a longer list hides the first, which is often the cause of the others."""


Keys = tuple[str | int, ...]
"""Path of keys to a value of a configuration, or the column of a sheet."""


@dataclass(frozen=True)
class Fault:
    """One mistake in the user's input."""

    keys: Keys
    """Its place."""
    expected: str
    """What was expected."""
    received: str
    """What was received instead, for the message."""
    value: object = None
    """The received value itself, if there is one."""

    def at(self, place: str) -> str:
        """Return the mistake as one line of text."""
        return f"{place}: expected {self.expected}, received {self.received}"


def listed(problems: Sequence[str]) -> str:
    """Return several problems as one text, a line each; of many, the last are only counted."""
    lines = list(dict.fromkeys(problems))
    left = len(lines) - MOST_LINES
    return "\n".join([*lines[:MOST_LINES], *([f"... and {left} more"] if left > 0 else [])])
