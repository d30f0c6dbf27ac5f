"""Pairs of rows of different mosaics, closest first, are the same as in a loop over all pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from radiofind.survey.directions import chords, unit_vectors
from radiofind.survey.duplicates import (
    DE_RUITER,
    Rows,
    find_candidates,
    find_pairs,
    group_rows,
    rows_of,
)
from unit.survey.mosaics import BEAM, catalogue


def rows_at(ra, dec, mosaic, *, size=BEAM, error=1.0, beam=BEAM) -> Rows:
    ra, dec, mosaic = map(np.atleast_1d, (ra, dec, mosaic))
    shape = np.ones(len(ra))
    return Rows(ra * shape, dec * shape, error * shape, error * shape, size * shape, beam * shape, mosaic)


def crowd(rng, *, ra, dec, number=120, mosaics=4, radius_deg=0.25) -> Rows:
    """Rows of several mosaics, so dense that many could be pairs, with errors and sizes of all kinds."""
    cos = max(np.cos(np.deg2rad(dec)), 1e-3)
    return Rows(
        (ra + rng.uniform(-radius_deg, radius_deg, number) / cos) % 360,
        np.clip(dec + rng.uniform(-radius_deg, radius_deg, number), -90, 90),
        *rng.choice([0, 5, 40], (2, number)),
        BEAM * rng.choice([1, 1, 1, 1.5, 6], number),
        BEAM * rng.choice([1.0, 1.2], number),
        rng.integers(mosaics, size=number),
    )


def pairs_of(rows):
    return find_pairs(find_candidates(rows), rows.mosaic)


def same(rows, one, other) -> tuple[bool, float]:
    """Whether two rows may be a source, and their distance in arcsec, by spherical trigonometry."""
    ra, dec = np.deg2rad(rows.ra), np.deg2rad(rows.dec)
    turn, rise = ra[one] - ra[other], dec[one] - dec[other]
    half = np.sin(rise / 2) ** 2 + np.cos(dec[one]) * np.cos(dec[other]) * np.sin(turn / 2) ** 2
    distance = np.rad2deg(2 * np.arcsin(np.sqrt(half))) * 3600
    beam = max(rows.beam[one], rows.beam[other])
    if distance <= max(beam, min(rows.size[one], rows.size[other])) / 2:
        return True, distance
    turn = (turn + np.pi) % (2 * np.pi) - np.pi
    offsets = np.rad2deg([turn * np.cos((dec[one] + dec[other]) / 2), rise]) * 3600
    errors = [np.hypot(error[one], error[other]) for error in (rows.e_ra, rows.e_dec)]
    near = all(error > 0 or offset == 0 for error, offset in zip(errors, offsets, strict=True))
    normal = np.hypot(*(o / e if e else 0 for o, e in zip(offsets, errors, strict=True))) if near else np.inf
    return bool(distance <= beam and normal <= DE_RUITER), distance


def by_all_pairs(rows):
    """Pairs and groups by loops, as the module says in words."""
    number = len(rows.ra)
    candidates = []
    for one in range(number):
        for other in range(one + 1, number):
            if rows.mosaic[one] != rows.mosaic[other]:
                allowed, distance = same(rows, one, other)
                candidates += [(distance, one, other)] if allowed else []
    used, pairs, groups = set(), [], {row: {row} for row in range(number)}
    for _, one, other in sorted(candidates):
        roles = {(one, rows.mosaic[other]), (other, rows.mosaic[one])}
        if not roles & used:
            used |= roles
            pairs.append({one, other})
    for one, other in pairs:
        mosaics = [{rows.mosaic[row] for row in groups[end]} for end in (one, other)]
        if groups[one] is not groups[other] and not mosaics[0] & mosaics[1]:
            joined = groups[one] | groups[other]
            groups.update(dict.fromkeys(joined, joined))
    return pairs, {frozenset(group) for group in groups.values()}


def as_sets(groups):
    return {frozenset(np.flatnonzero(groups == group).tolist()) for group in np.unique(groups)}


@pytest.mark.parametrize(("ra", "dec"), [(30, 0), (0, 40), (0, -89.9), (200, 90)])
def test_the_fast_way_is_that_of_all_pairs(ra, dec):
    rows = crowd(np.random.default_rng(int(ra + dec + 100)), ra=ra, dec=dec)
    pairs = pairs_of(rows)
    slow_pairs, slow_groups = by_all_pairs(rows)
    found = [{int(one), int(other)} for one, other in zip(pairs.truth, pairs.detection, strict=True)]
    assert found == slow_pairs and len(found) > 20
    groups = group_rows(pairs, rows.mosaic)
    assert as_sets(groups) == slow_groups
    members = pd.DataFrame({"group": groups, "mosaic": rows.mosaic})
    assert not members.duplicated().any() and members["group"].value_counts().max() > 2


@pytest.mark.parametrize(
    ("distance", "settings", "paired"),
    [
        (0.49, {}, True),
        (0.51, {}, False),
        # Half of the smaller size of two wide rows; that of one alone does not count.
        (2.4, {"size": 5 * BEAM}, True),
        (2.6, {"size": 5 * BEAM}, False),
        (2.4, {"size": np.array([5 * BEAM, BEAM])}, False),
        # A distance that is explained by the errors, up to a beam.
        (0.9, {"error": 0.9 * BEAM / DE_RUITER / 1.4}, True),
        (0.9, {"error": 0.9 * BEAM / DE_RUITER / 1.5}, False),
        (1.1, {"error": 1e9}, False),
    ],
)
def test_how_near_the_rows_of_a_source_are(distance, settings, paired):
    rows = rows_at([10, 10], [20, 20 + distance * BEAM / 3600], [0, 1], **settings)
    assert len(pairs_of(rows).truth) == paired
    alone = replace(rows, mosaic=np.array([1, 1]))
    assert len(pairs_of(alone).truth) == 0


def test_the_closest_come_first_and_a_row_is_used_once_by_each_mosaic():
    # In the second mosaic one row is between two of the first; the third has one more beside it.
    rows = rows_at(10 + np.array([0, 80, 30, 35]) / 3600, np.zeros(4), [0, 0, 1, 2])
    pairs = pairs_of(rows)
    assert [*zip(pairs.truth.tolist(), pairs.detection.tolist(), strict=True)] == [(2, 3), (0, 2), (0, 3)]
    assert as_sets(group_rows(pairs, rows.mosaic)) == {frozenset({0, 2, 3}), frozenset({1})}


def test_errors_and_sizes_that_are_missing_count_as_none():
    table = catalogue("a", [10, 10], [0, 0], e_ra=[np.nan, np.inf], e_dec=np.nan, major=[np.nan, 2 * BEAM])
    rows = rows_of(table, mosaics=np.zeros(2, dtype=int), beams_arcsec=np.full(2, BEAM))
    assert rows.e_ra.tolist() == rows.e_dec.tolist() == [0, 0] and rows.size.tolist() == [BEAM, 2 * BEAM]


def test_no_rows_have_no_pairs():
    rows = rows_at([], [], np.zeros(0, dtype=int))
    pairs = pairs_of(rows)
    assert len(pairs.truth) == 0 and len(group_rows(pairs, rows.mosaic)) == 0


def test_positions_and_vectors_agree():
    assert chords(unit_vectors([0], [90]), unit_vectors([123], [90])[0]) == pytest.approx(0, abs=1e-15)
