"""Find the rows of different mosaics that are the same source.

Two rows may be the same source when they are within half a beam, or half the size of the smaller one if that
is more; or within a beam and 5.68 of their position errors, the limit of TraP (Swinbank et al. 2015, after de
Ruiter et al. 1977). Of the pairs that this allows, the closest come first, and each row is used once in each
other mosaic. Pairs are then linked to groups, the closest first, with at most one row of each mosaic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from radiofind.evaluation.matching import Pairs, closest_first
from radiofind.survey.directions import angle_of, chord_of, chords, offsets_arcsec, unit_vectors

PART_OF_SIZE = 0.5
"""Largest distance of two rows of a source over the beam, or over the size of the smaller one."""
FARTHEST_BEAMS = 1.0
"""Largest distance that errors of positions may explain: those of a bad fit have no limit."""
DE_RUITER = 5.68
"""Largest distance over its error: one of 10^7 true pairs is beyond it."""
ROUNDING = 1 + 1e-6
"""Candidates are sought a little further, and their exact distances decide."""


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

    @cached_property
    def directions(self) -> np.ndarray:
        """Unit vectors of the positions, shape (n, 3)."""
        return unit_vectors(self.ra, self.dec)


def rows_of(table: pd.DataFrame, *, mosaics: np.ndarray, beams_arcsec: np.ndarray) -> Rows:
    """Return the rows of a table for `find_candidates`.

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


def reaches_of(rows: Rows, *, beam_arcsec: float, size_arcsec: float) -> np.ndarray:
    """Return how far from each row those are, at most, that may be the same source, arcsec.

    Parameters
    ----------
    rows
        The rows.
    beam_arcsec
        Width of the widest beam of any mosaic.
    size_arcsec
        Size at least of the smaller row of any pair.
    """
    in_size = PART_OF_SIZE * np.minimum(rows.size, size_arcsec)
    return ROUNDING * np.maximum(FARTHEST_BEAMS * beam_arcsec, in_size)


def find_candidates(rows: Rows) -> Pairs:
    """Return the pairs of rows that may be the same source, closest first; distances are in arcsec.

    Parameters
    ----------
    rows
        The rows; equal distances are settled in their order.
    """
    reach = ROUNDING * FARTHEST_BEAMS * rows.beam.max(initial=0)
    near = cKDTree(rows.directions).query_pairs(chord_of(reach), output_type="ndarray")
    first, second = np.concatenate([near, _pairs_of_large(rows, reach)]).T
    first, second = np.minimum(first, second), np.maximum(first, second)
    apart = rows.mosaic[first] != rows.mosaic[second]
    first, second = first[apart], second[apart]
    distance = _distances(rows, first, second)
    same = _are_same(rows, first, second, distance)
    return _closest_first_of(first[same], second[same], distance[same], rows.mosaic)


def find_pairs(candidates: Pairs, mosaic: np.ndarray) -> Pairs:
    """Return the pairs that are the same source: each row is used once for each other mosaic.

    Parameters
    ----------
    candidates
        Result of `find_candidates`.
    mosaic
        Number of the mosaic of each row, shape (n,).

    Returns
    -------
    Pairs
        Closest first. The mosaic of the first row of a pair has the lower number.
    """
    one = _numbered(candidates.truth, mosaic[candidates.detection])
    other = _numbered(candidates.detection, mosaic[candidates.truth])
    kept = closest_first(Pairs(one, other, np.arange(len(one)))).distance
    return candidates.where(kept)


def connected(first: np.ndarray, second: np.ndarray, number: int) -> np.ndarray:
    """Return a number for each of so many rows, the same for all that pairs connect."""
    links = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(number, number))
    return connected_components(links, directed=False)[1]


def group_rows(pairs: Pairs, mosaic: np.ndarray) -> np.ndarray:
    """Return the number of the group of each row; a group holds at most one row of each mosaic.

    Parameters
    ----------
    pairs
        Result of `find_pairs`.
    mosaic
        Number of the mosaic of each row, shape (n,).
    """
    groups = connected(pairs.truth, pairs.detection, len(mosaic))
    members = pd.DataFrame({"group": groups, "mosaic": mosaic})
    crowded = np.unique(groups[members.duplicated().to_numpy()])
    if len(crowded):
        inside = np.isin(groups[pairs.truth], crowded)
        keep = ~inside
        keep[np.flatnonzero(inside)] = _links(pairs.where(inside), mosaic)
        groups = connected(pairs.truth[keep], pairs.detection[keep], len(mosaic))
    return groups


def _numbered(row: np.ndarray, mosaic: np.ndarray) -> np.ndarray:
    """Return a number for each combination of a row and another mosaic, from 0."""
    combined = row * np.int64(mosaic.max(initial=0) + 1) + mosaic
    return np.unique(combined, return_inverse=True)[1]


def _pairs_of_large(rows: Rows, reach: float) -> np.ndarray:
    """Return the pairs of rows that are further apart than `reach` (arcsec) and are large enough for it."""
    radius = PART_OF_SIZE * rows.size
    large = np.flatnonzero(radius > reach)
    tree = cKDTree(rows.directions[large])
    found = tree.query_ball_point(rows.directions[large], chord_of(radius[large]))
    one = np.repeat(np.arange(len(large)), [len(near) for near in found])
    other = np.concatenate([np.zeros(0, dtype=int), *found]).astype(int)
    pairs = np.unique(np.sort(np.column_stack([one, other])[one != other], axis=1), axis=0)
    pairs = large[pairs]
    return pairs[_distances(rows, *pairs.T) > reach]


def _are_same(rows: Rows, first: np.ndarray, second: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Return whether pairs of rows at these distances are near enough to be the same source."""
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
    return angle_of(chords(rows.directions[first], rows.directions[second]))


def _closest_first_of(
    first: np.ndarray, second: np.ndarray, distance: np.ndarray, mosaic: np.ndarray
) -> Pairs:
    """Return pairs by distance, and those of two mosaics always in the same order of the mosaics."""
    # So that a row has one role towards each other mosaic.
    turned = mosaic[first] > mosaic[second]
    first, second = np.where(turned, second, first), np.where(turned, first, second)
    order = np.lexsort((second, first, distance))
    return Pairs(first[order], second[order], distance[order])


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
