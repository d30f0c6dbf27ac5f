"""Find the rows of different mosaics that are the same source.

Two rows may be the same source when they are within half a beam, or half the size of the smaller one if that
is more; or within a beam and 5.68 of their position errors, the limit of TraP (Swinbank et al. 2015, after de
Ruiter et al. 1977). Of the pairs that this allows, the closest come first, and each row is used once in each
other mosaic. Pairs are then linked to groups, the closest first, with at most one row of each mosaic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from radiofind.evaluation.matching import Pairs, closest_first
from radiofind.survey.directions import ARCSEC, angle_of, chord_of, offsets_arcsec, unit_vectors

PART_OF_SIZE = 0.5
"""Largest distance of two rows of a source over the beam, or over the size of the smaller one."""
FARTHEST_BEAMS = 1.0
"""Largest distance that errors of positions may explain: those of a bad fit have no limit."""
DE_RUITER = 5.68
"""Largest distance over its error: one of 10^7 true pairs is beyond it."""
ROUNDING = 1 + 1e-6
"""Candidates are sought a little further, and their exact distances decide."""
ROWS_OF_ZONE = 250_000
"""About the number of rows whose pairs are sought at a time."""


@dataclass(frozen=True)
class Rows:
    """What decides whether the rows of a survey are duplicates, arrays of shape (n,)."""

    ra: np.ndarray
    """Right ascension, deg."""
    dec: np.ndarray
    """Declination, deg."""
    e_ra: np.ndarray
    """Error of the right ascension on the sky, arcsec."""
    e_dec: np.ndarray
    """Error of the declination, arcsec."""
    size: np.ndarray
    """Major axis (FWHM), arcsec, at least `beam`."""
    beam: np.ndarray
    """Width of the beam of its mosaic (FWHM), arcsec."""
    mosaic: np.ndarray
    """Number of its mosaic."""

    def take(self, places: np.ndarray) -> Rows:
        """Return some of the rows."""
        return Rows(**{name: values[places] for name, values in vars(self).items()})


def rows_of(table: pd.DataFrame, *, mosaics: np.ndarray, beams_arcsec: np.ndarray) -> Rows:
    """Return the rows of a table for `find_pairs`.

    Parameters
    ----------
    table
        Columns ``ra``, ``dec``, ``e_ra``, ``e_dec`` and ``major``.
    mosaics, beams_arcsec
        Number of the mosaic of each row, and the width of its beam.
    """
    errors = [np.nan_to_num(table[name].to_numpy(float), posinf=0.0) for name in ("e_ra", "e_dec")]
    size = np.fmax(table["major"].to_numpy(float), beams_arcsec)
    return Rows(table["ra"].to_numpy(), table["dec"].to_numpy(), *errors, size, beams_arcsec, mosaics)


def find_pairs(rows: Rows, *, rows_of_zone: int = ROWS_OF_ZONE) -> Pairs:
    """Return the pairs of rows that are the same source, closest first; distances are in arcsec.

    Parameters
    ----------
    rows
        The rows; equal distances are settled in their order.
    rows_of_zone
        Rows whose pairs are sought at a time, in a zone of declination with a margin above it. The result is
        the same for any number, and the memory grows with it.
    """
    parts = [_pairs_near(rows, zone, above) for zone, above in _zones(rows, rows_of_zone)]
    first, second = np.concatenate([np.zeros((0, 2), dtype=np.int64), *parts]).T
    # A pair of mosaics is always in the same order, so that a row has one role towards each other mosaic.
    turned = rows.mosaic[first] > rows.mosaic[second]
    first, second = np.where(turned, second, first), np.where(turned, first, second)
    distance = _distances(rows, first, second)
    order = np.lexsort((second, first, distance))
    first, second, distance = first[order], second[order], distance[order]
    one = _numbered(first, rows.mosaic[second])
    other = _numbered(second, rows.mosaic[first])
    kept = closest_first(Pairs(one, other, np.arange(len(first)))).distance
    return Pairs(first[kept], second[kept], distance[kept])


def group_rows(pairs: Pairs, mosaic: np.ndarray) -> np.ndarray:
    """Return the number of the group of each row; a group holds at most one row of each mosaic.

    Parameters
    ----------
    pairs
        Result of `find_pairs`.
    mosaic
        Number of the mosaic of each row, shape (n,).
    """
    groups = _connected(pairs, len(mosaic))
    members = pd.DataFrame({"group": groups, "mosaic": mosaic})
    crowded = np.unique(groups[members.duplicated().to_numpy()])
    if len(crowded):
        inside = np.isin(groups[pairs.truth], crowded)
        keep = ~inside
        keep[np.flatnonzero(inside)] = _links(pairs.where(inside), mosaic)
        groups = _connected(pairs.where(keep), len(mosaic))
    return groups


def _numbered(row: np.ndarray, mosaic: np.ndarray) -> np.ndarray:
    """Return a number for each combination of a row and another mosaic, from 0."""
    combined = row * np.int64(mosaic.max(initial=0) + 1) + mosaic
    return np.unique(combined, return_inverse=True)[1]


def _zones(rows: Rows, rows_of_zone: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the rows of each zone of declination, and those above it that may be pairs of them."""
    order = np.argsort(rows.dec, kind="stable")
    heights = rows.dec[order]
    margin = (1 + FARTHEST_BEAMS) * rows.beam.max(initial=0) + PART_OF_SIZE * rows.size.max(initial=0)
    for start in range(0, len(order), rows_of_zone):
        zone = order[start : start + rows_of_zone]
        end = np.searchsorted(heights, rows.dec[zone[-1]] + margin / ARCSEC, side="right")
        yield zone, order[start + len(zone) : end]


def _pairs_near(rows: Rows, zone: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Return the pairs, shape (n, 2), of rows of a zone with each other and with those above it."""
    places = np.concatenate([zone, above])
    here = rows.take(places)
    reach = ROUNDING * FARTHEST_BEAMS * here.beam.max(initial=0)
    tree = cKDTree(unit_vectors(here.ra, here.dec))
    near = tree.query_pairs(chord_of(reach), output_type="ndarray")
    pairs = np.concatenate([near, _pairs_of_large(tree.data, here, reach)]).astype(np.int64)
    pairs = pairs[(pairs < len(zone)).any(axis=1)]
    pairs = pairs[here.mosaic[pairs[:, 0]] != here.mosaic[pairs[:, 1]]]
    return places[pairs[_are_same(here, *pairs.T)]]


def _pairs_of_large(directions: np.ndarray, rows: Rows, reach: float) -> np.ndarray:
    """Return the pairs of rows that are further apart than `reach` (arcsec) and are large enough for it."""
    radius = PART_OF_SIZE * rows.size
    large = np.flatnonzero(radius > reach)
    tree = cKDTree(directions[large])
    found = tree.query_ball_point(directions[large], chord_of(radius[large]))
    one = np.repeat(np.arange(len(large)), [len(near) for near in found])
    other = np.concatenate([np.zeros(0, dtype=int), *found]).astype(int)
    pairs = np.unique(np.sort(np.column_stack([one, other])[one != other], axis=1), axis=0)
    pairs = large[pairs]
    return pairs[_distances(rows, *pairs.T) > reach]


def _are_same(rows: Rows, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return whether pairs of rows are near enough to be the same source."""
    distance = _distances(rows, first, second)
    beam = np.maximum(rows.beam[first], rows.beam[second])
    size = np.maximum(np.minimum(rows.size[first], rows.size[second]), beam)
    east, north = offsets_arcsec(rows.ra[first], rows.dec[first], rows.ra[second], rows.dec[second])
    errors = [np.hypot(error[first], error[second]) for error in (rows.e_ra, rows.e_dec)]
    with np.errstate(divide="ignore", invalid="ignore"):
        in_errors = np.hypot(east / errors[0], north / errors[1])
    explained = (distance <= FARTHEST_BEAMS * beam) & (in_errors <= DE_RUITER)
    return (distance <= PART_OF_SIZE * size) | explained


def _distances(rows: Rows, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the distances of pairs of rows, arcsec."""
    ends = [unit_vectors(rows.ra[one], rows.dec[one]) for one in (first, second)]
    x, y, z = (ends[0] - ends[1]).T
    return angle_of(np.sqrt(x * x + y * y + z * z))


def _connected(pairs: Pairs, number: int) -> np.ndarray:
    """Return the number of the group of each row if all pairs are linked."""
    links = coo_array((np.ones(len(pairs.truth)), (pairs.truth, pairs.detection)), shape=(number, number))
    return connected_components(links, directed=False)[1]


def _links(pairs: Pairs, mosaic: np.ndarray) -> list[bool]:
    """Return which pairs are linked if each, the closest first, is unless a group had a mosaic twice."""
    members: dict[int, list[int]] = {}
    linked = []
    for one, other in zip(pairs.truth.tolist(), pairs.detection.tolist(), strict=True):
        group, further = members.setdefault(one, [one]), members.setdefault(other, [other])
        joined = group is not further and not {*mosaic[group]} & {*mosaic[further]}
        linked.append(joined or group is further)
        if joined:
            group += further
            members.update(dict.fromkeys(further, group))
    return linked
