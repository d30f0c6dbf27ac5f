"""Join the catalogues of several finders of a mosaic: one row per source, each number from who knows best.

The finders are taken in their order: the rows of each are matched one-to-one to the sources joined so far,
closest pairs first, so that a source has at most one row of each finder. The order of rows changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from radiofind.catalogues.columns import CATALOGUE, conform
from radiofind.catalogues.detections import UNFITTED, name_sources
from radiofind.evaluation.matching import match_one_to_one, positions

PLACE = ("ra", "dec", "e_ra", "e_dec", "x", "y", "tile")
"""Columns that come with the position; the others come with the flux."""
ORDER = ["y", "x", "source_id", "apparent_total_flux"]
"""Columns that order the rows of a catalogue, whatever order they came in."""
UNKNOWN = np.finfo(float).max
"""Stands for an error that was not measured: larger than any other, smaller than that of no row at all."""


@dataclass(frozen=True)
class Joined:
    """Sources of one mosaic, each with the rows of the finders that found it."""

    finders: tuple[str, ...]
    """The finders, in their order."""
    detections: pd.DataFrame
    """The rows of all their catalogues, one catalogue after the other."""
    rows: np.ndarray
    """Row in `detections` by source and finder, shape (n, finders); -1 where it did not find the source."""

    def where(self, keep: np.ndarray) -> Joined:
        """Return the sources for which `keep`, shape (n,), is true."""
        return Joined(self.finders, self.detections, self.rows[keep])

    def places(self) -> pd.DataFrame:
        """Return the row of each source with the best position: the smallest area of its error."""
        return self.detections.iloc[_best(self.rows, _position_error(self.detections))]

    def measurements(self, fluxes_from: Sequence[str]) -> pd.DataFrame:
        """Return the row of each source whose flux and shape count.

        Parameters
        ----------
        fluxes_from
            The finders, those first whose fluxes are best.

        Raises
        ------
        ValueError
            When these are not the finders of the sources.
        """
        if sorted(fluxes_from) != sorted(self.finders):
            raise ValueError(
                f"Expected fluxes_from to order {', '.join(self.finders)}, received {', '.join(fluxes_from)}"
            )
        order = [self.finders.index(finder) for finder in fluxes_from]
        words = self.detections["flags"].str.split(",")
        unfitted = words.map(lambda of_row: UNFITTED in of_row).to_numpy(bool)
        return self.detections.iloc[_best(self.rows[:, order], unfitted.astype(float))]


def join_catalogues(catalogues: Mapping[str, pd.DataFrame], *, radius_pixels: float) -> Joined:
    """Return the sources that one or more catalogues of a mosaic list.

    Parameters
    ----------
    catalogues
        Catalogue by finder, all of one mosaic.
    radius_pixels
        Largest distance of two rows of one source, inclusive. That of a third finder counts from the best
        position of the first two.
    """
    tables = [table.sort_values(ORDER, kind="stable") for table in catalogues.values()]
    detections = pd.concat([conform(table, CATALOGUE) for table in tables], ignore_index=True)
    starts = np.cumsum([0, *map(len, tables)])
    joined = Joined(tuple(catalogues), detections, np.zeros((0, len(tables)), dtype=np.int64))
    for number, (start, end) in enumerate(zip(starts[:-1], starts[1:], strict=True)):
        new = np.arange(start, end)
        pairs = match_one_to_one(
            positions(joined.places()), positions(detections.iloc[new]), radius_pixels=radius_pixels
        )
        joined = _extended(joined, number, pairs.truth, new[pairs.detection], np.delete(new, pairs.detection))
    return joined


def read_joined(paths: Mapping[str, str | Path], *, radius_pixels: float) -> Joined:
    """Return the sources that the catalogues in these files, by finder, list (see `join_catalogues`)."""
    catalogues = {finder: pd.read_parquet(path) for finder, path in paths.items()}
    return join_catalogues(catalogues, radius_pixels=radius_pixels)


def combine(joined: Joined, *, finder: str, fluxes_from: Sequence[str], score: np.ndarray) -> pd.DataFrame:
    """Return the catalogue of a combined finder.

    Parameters
    ----------
    joined
        The sources.
    finder
        Name of the combined finder.
    fluxes_from
        The finders that were joined, those first whose fluxes are best. A row flagged ``unfitted`` counts
        only where there is no other.
    score
        Probability that each source is real, shape (n,).

    Returns
    -------
    pandas.DataFrame
        All columns of `columns.CATALOGUE`, in the order of the names. Flags are those of all rows of a
        source, then ``by_`` and the name of each finder that found it.
    """
    places = joined.places()
    chosen = {name: places[name].to_numpy() for name in PLACE}
    names = name_sources(places["ra"].to_numpy(), places["dec"].to_numpy())
    table = joined.measurements(fluxes_from).assign(
        **chosen, source_id=names, score=score, flags=_flags(joined), finder=finder
    )
    return conform(table, CATALOGUE).sort_values("source_id", ignore_index=True)


def _extended(
    joined: Joined, number: int, known: np.ndarray, theirs: np.ndarray, alone: np.ndarray
) -> Joined:
    """Return the sources with the rows of one more finder: those of known sources, and those of new ones."""
    rows = joined.rows.copy()
    rows[known, number] = theirs
    new = np.full((len(alone), len(joined.finders)), -1)
    new[:, number] = alone
    return Joined(joined.finders, joined.detections, np.concatenate([rows, new]))


def _best(rows: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Return the row of least cost of each source, shape (n,); of equal ones that of the first column."""
    costs = np.where(rows >= 0, np.append(cost, np.inf)[rows], np.inf)
    return np.take_along_axis(rows, costs.argmin(axis=1)[:, None], axis=1)[:, 0]


def _position_error(detections: pd.DataFrame) -> np.ndarray:
    """Return the area of the error of each position; an error of zero is one that was not measured."""
    area = (detections["e_ra"] * detections["e_dec"]).to_numpy()
    return np.where(np.isfinite(area) & (area > 0), area, UNKNOWN)


def _flags(joined: Joined) -> list[str]:
    """Return the words of all rows of each source, and who found it."""
    words = joined.detections["flags"].to_numpy()
    names = np.array([f"by_{finder}" for finder in joined.finders])
    flags = []
    for rows in joined.rows:
        found = rows >= 0
        known = {word for text in words[rows[found]] for word in text.split(",") if word}
        flags.append(",".join([*sorted(known), *names[found]]))
    return flags
