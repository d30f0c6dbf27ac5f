"""Summarise at the end of a run what the user should look at: warnings, and tiles and mosaics left out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from radiofind.workflow.run_warnings import group_warnings

LONGEST_LINE = 190
"""Maximum length of a line; the files have the full texts."""
MOST_WARNINGS = 3
"""Number of kinds of warnings shown."""
MOST_OTHERS = 2
"""Number of quarantined tiles, and of unreadable mosaics, shown."""


def closing_lines(results: str | Path) -> list[str]:
    """Return at most ten lines on problems in a results folder; none if there are no problems.

    Parameters
    ----------
    results
        The folder. Missing or unreadable files are skipped, as a run may have ended before writing them.
    """
    folder = Path(results)
    parts = ((_warnings, "warnings.csv"), (_quarantine, "quarantine.csv"), (_unreadable, "tiles.parquet"))
    lines = [line for tell, name in parts for line in _cautious(tell, folder / name)]
    return [_short(line) for line in lines]


def print_closing_lines(results: str | Path) -> None:
    """Print the closing lines to stderr, after Snakemake's messages."""
    for line in closing_lines(results):
        print(line, file=sys.stderr)


def _cautious(tell: Callable[[Path], Iterable[str]], path: Path) -> list[str]:
    """Return the lines about a file; none if it is missing, truncated or from another version."""
    try:
        return list(tell(path)) if path.exists() else []
    except (OSError, ValueError, LookupError):
        return []


def _read(path: Path) -> pd.DataFrame:
    """Return a CSV table with all columns as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _warnings(path: Path) -> Iterable[str]:
    """Yield the number of warnings, and the first of each kind."""
    table = _read(path)
    kinds = group_warnings(table)
    if len(table):
        yield f"{_plural(len(table), 'warning')}: see {path}"
    for row in kinds.head(MOST_WARNINGS).itertuples():
        number, noun = (row.n_tiles, "tile") if row.n_tiles else (row.n_mosaics, "mosaic")
        others = f" and {_plural(number - 1, noun)} more" if number > 1 else ""
        where = " ".join(filter(None, (row.mosaic, row.tile, row.finder)))
        yield f"  {where}{others}: {row.warning}"


def _quarantine(path: Path) -> Iterable[str]:
    """Yield the number of tiles that could not be searched, and the first of them."""
    table = _read(path)
    if len(table):
        yield f"{_plural(len(table.drop_duplicates(['mosaic', 'tile'])), 'tile')} in quarantine: see {path}"
    for row in table.head(MOST_OTHERS).itertuples():
        yield f"  {row.mosaic} {row.tile} {row.finder}: {row.reason}"


def _unreadable(path: Path) -> Iterable[str]:
    """Yield the number of mosaics that cannot be read, and the first of them."""
    tiles = pd.read_parquet(path, columns=["mosaic", "state", "reason"])
    table = tiles[tiles["state"] == "unreadable"]
    if len(table):
        yield f"{_plural(len(table), 'mosaic')} left out, because files cannot be read: see the report"
    for row in table.head(MOST_OTHERS).itertuples():
        yield f"  {row.mosaic}: {row.reason}"


def _plural(number: int, noun: str) -> str:
    """Return a number with its noun in the singular or plural."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _short(line: str) -> str:
    """Return a printable line of limited length: messages of other programs may contain any character."""
    shown = "".join(letter if letter.isprintable() else " " for letter in line)
    return shown if len(shown) <= LONGEST_LINE else f"{shown[: LONGEST_LINE - 3]}..."
