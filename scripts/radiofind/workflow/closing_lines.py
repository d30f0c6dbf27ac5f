"""Say at the end of a run what it has made, and what its user should look at: what was left out, warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from radiofind.files import read_metadata
from radiofind.workflow.config.sheet_rows import MATCHED
from radiofind.workflow.lines import first_of, plural, shorten
from radiofind.workflow.run_warnings import group_warnings

MOST = 3
"""Warnings, mosaics and tiles that are told of each."""


def closing_lines(results: str | Path, *, finders: Sequence[str]) -> list[str]:
    """Return at most twenty lines on results: sources, what was left out, warnings, and where they lie.

    Parameters
    ----------
    results
        The folder. Files that are missing or cannot be read tell nothing: a run may have ended before them.
    finders
        The finders of the run.
    """
    folder = Path(results)
    parts: list[tuple[Callable, Path]] = [
        (lambda path: _sources(path, finders), folder / "tiles.parquet"),
        (_part, folder / "tiles.parquet"),
        (_unreadable, folder / "tiles.parquet"),
        (_quarantine, folder / "quarantine.csv"),
        (_warnings, folder / "warnings.csv"),
        (_places, folder),
        (lambda path: _survey(path, finders), folder / "survey"),
    ]
    return [shorten(line) for tell, path in parts for line in _cautious(tell, path)]


def left_out_lines(results: str | Path) -> list[str]:
    """Return the number of mosaics that cannot be read, and the first of them."""
    return [shorten(line) for line in _cautious(_unreadable, Path(results) / "tiles.parquet")]


def what_was_left_out(results: str | Path) -> str:
    """Return how many mosaics and tiles were left out of results, in words; nothing for none.

    Parameters
    ----------
    results
        The folder.
    """
    folder = Path(results)
    mosaics = _cautious(lambda path: _unreadable_mosaics(path)["mosaic"], folder / "tiles.parquet")
    tiles = _cautious(lambda path: _tiles_of(_read(path)), folder / "quarantine.csv")
    counts = {"mosaic": len(mosaics), "tile": len(tiles)}
    return " and ".join(plural(number, noun) for noun, number in counts.items() if number)


def _cautious(tell: Callable[[Path], Iterable], path: Path) -> list:
    """Return what a file tells; nothing where it is missing, cut short or of another version."""
    try:
        return list(tell(path)) if path.exists() else []
    except (OSError, ValueError, LookupError):
        return []


def _read(path: Path) -> pd.DataFrame:
    """Return a table of texts."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _sources(tiles: Path, finders: Sequence[str]) -> Iterator[str]:
    """Yield the number of sources of each finder in all mosaics of the sheet."""
    table = pd.read_parquet(tiles, columns=["mosaic", "state"])
    of_sheet = ~table["mosaic"].str.endswith(MATCHED)
    mosaics = table.loc[of_sheet & (table["state"] != "unreadable"), "mosaic"].unique()
    parts = []
    for finder in finders:
        paths = [tiles.parent / mosaic / "catalogues" / f"{finder}.parquet" for mosaic in mosaics]
        rows = [number for path in paths for number in _cautious(_number_of_rows, path)]
        if not rows:
            continue
        missing = "" if len(rows) == len(paths) else f" (in {len(rows)} of {plural(len(paths), 'mosaic')})"
        parts.append(f"{finder} {sum(rows):,}{missing}")
    if parts:
        yield f"sources: {', '.join(parts)}"


def _number_of_rows(path: Path) -> Iterator[int]:
    """Yield the number of rows of a table."""
    yield pq.read_metadata(path).num_rows


def _part(tiles: Path) -> Iterator[str]:
    """Yield the number of tiles that the key `only` leaves out."""
    states = pd.read_parquet(tiles, columns=["state"])["state"]
    if number := int((states == "left_out").sum()):
        yield f"{plural(number, 'tile')} outside the boxes of only, not searched"


def _unreadable_mosaics(tiles: Path) -> pd.DataFrame:
    """Return the mosaics that cannot be read, with the reasons."""
    table = pd.read_parquet(tiles, columns=["mosaic", "state", "reason"])
    return table[table["state"] == "unreadable"]


def _unreadable(tiles: Path) -> Iterator[str]:
    """Yield the number of mosaics that cannot be read, and the first of them."""
    table = _unreadable_mosaics(tiles)
    if len(table):
        yield f"{plural(len(table), 'mosaic')} left out:"
    lines = [f"{row.mosaic}: {row.reason}" for row in table.itertuples()]
    yield from first_of(lines, MOST, rest=f"{tiles.parent}/report.html")


def _quarantine(path: Path) -> Iterator[str]:
    """Yield the number of tiles that could not be searched, and the first of them."""
    table = _read(path)
    if len(table):
        yield f"{plural(len(_tiles_of(table)), 'tile')} in quarantine, with log and remedy in {path}:"
    lines = [f"{row.mosaic} {row.tile} {row.finder}: {row.reason}" for row in table.itertuples()]
    yield from first_of(lines, MOST, rest=str(path))


def _tiles_of(quarantine: pd.DataFrame) -> list[tuple[str, str]]:
    """Return mosaic and tile, once for all finders."""
    tiles = quarantine[["mosaic", "tile"]].drop_duplicates()
    return list(tiles.itertuples(index=False, name=None))


def _warnings(path: Path) -> Iterator[str]:
    """Yield the number of warnings, and the first of each kind."""
    table = _read(path)
    lines = []
    for row in group_warnings(table).itertuples():
        number, noun = (row.n_tiles, "tile") if row.n_tiles else (row.n_mosaics, "mosaic")
        others = f" and {plural(number - 1, noun)} more" if number > 1 else ""
        where = " ".join(filter(None, (row.mosaic, row.tile, row.finder)))
        lines.append(f"{where}{others}: {row.warning}")
    if len(table):
        yield f"{plural(len(table), 'warning')}, all of them in {path}:"
    yield from first_of(lines, MOST, rest=str(path))


def _places(results: Path) -> Iterator[str]:
    """Yield where report, scores and catalogues are."""
    names = [name for name in ("report.html", "scores.txt") if (results / name).is_file()]
    if names:
        yield f"report and scores: {', '.join(str(results / name) for name in names)}"
    if next(results.glob("*/catalogues/*.fits"), None):
        yield f"catalogues: {results}/MOSAIC/catalogues/FINDER.fits (TOPCAT), .reg (DS9), .parquet"


def _survey(folder: Path, finders: Sequence[str]) -> Iterator[str]:
    """Yield the number of sources of each finder in the survey, each counted once, and where it is."""
    paths = {finder: folder / f"{finder}.parquet" for finder in finders}
    sources = {finder: _cautious(_number_of_sources, path) for finder, path in paths.items()}
    if parts := [f"{finder} {number:,}" for finder, numbers in sources.items() for number in numbers]:
        yield f"survey in {folder}/, each source once: {', '.join(parts)}"


def _number_of_sources(path: Path) -> Iterator[int]:
    """Yield the number of sources of a survey."""
    yield read_metadata(path)["survey"]["sources"]
