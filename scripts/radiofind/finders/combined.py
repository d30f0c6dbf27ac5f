"""Join the catalogues of several finders of a mosaic: a row per source, with the best measurements of each.

Finders are joined one after the other: the rows of each are matched one-to-one to the sources joined so far,
closest pairs first, so that a source has at most one row of each finder. The order of rows does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from radiofind.catalogues.columns import CATALOGUE, conform
from radiofind.catalogues.detections import name_sources
from radiofind.catalogues.quality import UNFITTED, has_flag
from radiofind.evaluation.matching import match_one_to_one, positions
from radiofind.files import read_metadata

PLACE = ("ra", "dec", "e_ra", "e_dec", "x", "y", "tile")
"""Columns taken from the row with the best position; the others are taken from that with the best flux."""
ORDER = ["y", "x", "source_id", "apparent_total_flux"]
"""Columns by which to sort the rows of a catalogue, so that their order does not matter."""
UNKNOWN = np.finfo(float).max
"""Value of an unknown position error: larger than any other, smaller than infinity, which means no row."""


@dataclass(frozen=True)
class Joined:
    """Sources of one mosaic, each with the rows of the finders that found it."""

    finders: tuple[str, ...]
    """The finders, in the order of joining."""
    detections: pd.DataFrame
    """The rows of all their catalogues, one catalogue after the other."""
    rows: np.ndarray
    """Row in `detections` of each source and finder, shape (n, finders); -1 if it did not find the source."""

    def where(self, keep: np.ndarray) -> Joined:
        """Return the sources for which `keep`, shape (n,), is true."""
        return Joined(self.finders, self.detections, self.rows[keep])

    def places(self) -> pd.DataFrame:
        """Return for each source the row with the best position: the smallest area of the error ellipse."""
        return self.detections.iloc[_best(self.rows, _position_error(self.detections))]

    def measurements(self, fluxes_from: Sequence[str]) -> pd.DataFrame:
        """Return for each source the row with the best flux and shape.

        Parameters
        ----------
        fluxes_from
            The finders, the one with the best fluxes first.

        Raises
        ------
        ValueError
            If these are not the finders of the sources.
        """
        if sorted(fluxes_from) != sorted(self.finders):
            raise ValueError(
                f"Expected fluxes_from to order {', '.join(self.finders)}, received {', '.join(fluxes_from)}"
            )
        order = [self.finders.index(finder) for finder in fluxes_from]
        unfitted = has_flag(self.detections["flags"], UNFITTED).to_numpy(float)
        return self.detections.iloc[_best(self.rows[:, order], unfitted)]


def join_catalogues(catalogues: Mapping[str, pd.DataFrame], *, radius_pixels: float) -> Joined:
    """Return the sources in one or more catalogues of a mosaic.

    Parameters
    ----------
    catalogues
        Catalogues of one mosaic, by finder.
    radius_pixels
        Largest distance between two rows of one source, inclusive. For a third finder it is measured from the
        best position of the first two.
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
    """Return the sources in the catalogues in files, given by finder (see `join_catalogues`)."""
    catalogues = {finder: pd.read_parquet(path) for finder, path in paths.items()}
    return join_catalogues(catalogues, radius_pixels=radius_pixels)


def failed_in_parts(paths: Mapping[str, str | Path]) -> dict[str, str]:
    """Return the tiles that one of these finders could not search, with its name and the reason.

    Parameters
    ----------
    paths
        Catalogue by finder.
    """
    return {
        tile: f"{finder}: {reason}"
        for finder, path in paths.items()
        for tile, reason in read_metadata(path)["failed_tiles"].items()
    }


def combine(joined: Joined, *, finder: str, fluxes_from: Sequence[str], score: np.ndarray) -> pd.DataFrame:
    """Return the catalogue of a combined finder.

    Parameters
    ----------
    joined
        The sources.
    finder
        Name of the combined finder.
    fluxes_from
        The joined finders, the one with the best fluxes first. A row flagged ``unfitted`` is used only if a
        source has no other.
    score
        Probability that each source is real, shape (n,).

    Returns
    -------
    pandas.DataFrame
        All columns of `columns.CATALOGUE`, sorted by source name. The flags of a source are those of all its
        rows, followed by ``by_`` and the name of each finder that found it.
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
    """Return the sources with the rows of one more finder, which match known sources or are new ones."""
    rows = joined.rows.copy()
    rows[known, number] = theirs
    new = np.full((len(alone), len(joined.finders)), -1)
    new[:, number] = alone
    return Joined(joined.finders, joined.detections, np.concatenate([rows, new]))


def _best(rows: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Return the row of least cost of each source, shape (n,); of equal costs that of the first column."""
    costs = np.where(rows >= 0, np.append(cost, np.inf)[rows], np.inf)
    return np.take_along_axis(rows, costs.argmin(axis=1)[:, None], axis=1)[:, 0]


def _position_error(detections: pd.DataFrame) -> np.ndarray:
    """Return the area of the error ellipse of each position; an error of zero counts as unknown."""
    area = (detections["e_ra"] * detections["e_dec"]).to_numpy()
    return np.where(np.isfinite(area) & (area > 0), area, UNKNOWN)


def _flags(joined: Joined) -> list[str]:
    """Return the flags of each source: those of all its rows, and the finders that found it."""
    words = joined.detections["flags"].to_numpy()
    names = np.array([f"by_{finder}" for finder in joined.finders])
    flags = []
    for rows in joined.rows:
        found = rows >= 0
        known = {word for text in words[rows[found]] for word in text.split(",") if word}
        flags.append(",".join([*sorted(known), *names[found]]))
    return flags
