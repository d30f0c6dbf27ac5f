"""Tell a user everything that is wrong with a file at once, a line for each mistake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_LINES = 20
"""A longer list hides the first mistake, which is often the cause of the others."""


Keys = tuple[str | int, ...]
"""Keys that lead to a value of a configuration, or the column of a sheet."""


@dataclass(frozen=True)
class Fault:
    """One mistake in what a user wrote."""

    keys: Keys
    """Where."""
    expected: str
    """What would have been right."""
    received: str
    """What stands there instead."""
    value: object = None
    """The value itself, if it is what was received."""

    def at(self, place: str) -> str:
        """Return the mistake as one line of text."""
        return f"{place}: expected {self.expected}, received {self.received}"


def listed(problems: Sequence[str]) -> str:
    """Return one text of several problems, a line each, the last ones only counted when there are many."""
    lines = list(dict.fromkeys(problems))
    left = len(lines) - MOST_LINES
    return "\n".join([*lines[:MOST_LINES], *([f"... and {left} more"] if left > 0 else [])])
