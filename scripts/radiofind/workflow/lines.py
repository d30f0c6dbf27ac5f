"""Write lines that a terminal can hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

LONGEST_LINE = 190
"""Characters of a line; files have the whole texts."""


def shorten(text: str, longest: int = LONGEST_LINE) -> str:
    """Return a text as a line shows it: messages of other programs may hold any character."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."


def first_of(lines: Sequence[str], most: int, *, rest: str) -> Iterator[str]:
    """Yield the first lines, indented, and how many others there are.

    Parameters
    ----------
    lines
        All lines.
    most
        How many are shown.
    rest
        Where all of them are.
    """
    yield from (f"  {line}" for line in lines[:most])
    if len(lines) > most:
        yield f"  and {len(lines) - most:,} more: see {rest}"


def plural(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def clock_time(seconds: float) -> str:
    """Return a time as hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
