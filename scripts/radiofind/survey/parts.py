"""Merge the rows of one zone of the sky, as if those of the whole survey were there.

What a survey says of a row depends only on the rows of its chain: each may be the same source as the next, or
its name would have the same digits. A zone is read with a margin. If a chain of its rows comes so near to the
edge of the margin that it may go on beyond, the zone is read again with a wider one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from radiofind.catalogues.class_columns import CLASS, CLASSIFIER, class_columns
from radiofind.catalogues.columns import SURVEY, Column, conform, empty
from radiofind.catalogues.records import widths_in
from radiofind.evaluation.matching import Pairs
from radiofind.survey.duplicates import (
    ROUNDING,
    Rows,
    connected,
    find_candidates,
    find_pairs,
    group_rows,
    reaches_of,
    rows_of,
)
from radiofind.survey.flags import (
    NEAR_BEAMS,
    OUTSIDE_REGION,
    UNCONFIRMED,
    count_flags,
    flags_by_neighbours,
    with_flag,
)
from radiofind.survey.inputs import Member
from radiofind.survey.learned import NOTHING, Learned
from radiofind.survey.names import CELL_ARCSEC, name_cells
from radiofind.survey.scatter import differences_of
from radiofind.survey.settling import settle
from radiofind.survey.zones import Zone

SETTLED = ["name", "is_primary", "n_mosaics"]
"""Columns that the catalogues of mosaics lack."""
MEASURED = ["ra", "dec", "e_ra", "e_dec", "major"]
"""Columns that say which rows are the same source."""


@dataclass(frozen=True)
class Part:
    """The rows of a zone, and what is to be said of them."""

    table: pd.DataFrame
    """Columns `survey_columns`, sorted by right ascension, declination and mosaic."""
    widths: dict[str, int]
    """Length of the longest text of each text column."""
    counts: dict[str, Counter]
    """``numbers`` of rows and sources, ``flags`` and ``flags_of_primary_rows``."""
    differences: pd.DataFrame
    """What `scatter.differences_of` returned; its mosaics are places among all."""


@dataclass(frozen=True)
class Surrounded:
    """The rows of a zone and those around it that may have to do with them."""

    members: list[Member]
    """The mosaics that have such rows or were searched there, sorted by name."""
    table: pd.DataFrame
    """The rows with the flags of their mosaic, one mosaic after the other."""
    order: np.ndarray
    """Rows of the table, sorted by right ascension, declination and mosaic."""
    rows: Rows
    """The rows in that order."""
    candidates: Pairs
    """Those that may be the same source."""


def survey_columns(classes: Sequence[str], *, learned: Learned = NOTHING) -> tuple[Column, ...]:
    """Return the columns of a survey with these classes, if any, and with what further searches tell."""
    return SURVEY + learned.columns + (class_columns(classes) if classes else ())


def merge_zone(
    zone: Zone,
    *,
    members: Sequence[Member],
    prefix: str,
    columns: tuple[Column, ...],
    learned: Learned = NOTHING,
) -> Part:
    """Return the rows that a zone has of a survey.

    Parameters
    ----------
    zone
        The zone.
    members
        All mosaics of the survey, sorted by name.
    prefix
        The acronym before the position in the names of sources.
    columns
        The columns of the survey.
    learned
        What further searches have told.
    """
    around = _read_around(zone, members, columns)
    rows, footprints = around.rows, [member.read_footprint() for member in around.members]
    pairs = find_pairs(around.candidates, rows.mosaic)
    groups = group_rows(pairs, rows.mosaic)
    settled = settle(rows, groups, footprints, prefix=prefix)
    own = zone.owns(rows.ra)
    table, settled_own = around.table.take(around.order[own]), settled[own]
    flags = with_flag(table["flags"], UNCONFIRMED, settled_own["is_unconfirmed"].to_numpy())
    flags = with_flag(flags, OUTSIDE_REGION, settled_own["is_outside"].to_numpy())
    table = table.assign(flags=flags, **{name: settled_own[name].array for name in SETTLED})
    table = conform(learned.told_of(table).reset_index(drop=True), columns)
    kept = pairs.where((groups[pairs.truth] == groups[pairs.detection]) & own[pairs.truth])
    flux = around.table["total_flux"].to_numpy()[around.order]
    # From here on mosaics are numbered among all, not among those near the zone.
    places = {member.mosaic: place for place, member in enumerate(members)}
    numbers = np.array([places[member.mosaic] for member in around.members], dtype=int)
    among_all = replace(rows, mosaic=numbers[rows.mosaic])
    return Part(table, widths_in(table, columns), _counts(table), differences_of(among_all, flux, kept))


def _read_around(zone: Zone, members: Sequence[Member], columns: tuple[Column, ...]) -> Surrounded:
    """Return the rows of a zone with a margin that is wide enough."""
    beam = max((member.beam_arcsec for member in members), default=0.0)
    # The smaller row of a pair counts, and its rows are of different mosaics: the largest size that counts is
    # the second of the largest sizes of the mosaics.
    size = sorted([0.0, 0.0, *(member.largest_arcsec for member in members)])[-2]
    margin = ROUNDING * NEAR_BEAMS * beam
    while True:
        around = _read(zone, margin, members, columns)
        reaches = np.maximum(reaches_of(around.rows, beam_arcsec=beam, size_arcsec=size), CELL_ARCSEC)
        needed = _margin_of_chains(zone, around, reaches)
        if needed <= margin:
            return around
        margin = max(needed, 2 * margin)


def _read(
    zone: Zone, margin_arcsec: float, members: Sequence[Member], columns: tuple[Column, ...]
) -> Surrounded:
    """Return the rows within a margin of a zone."""
    near = [member for member in members if member.is_near(zone, margin_arcsec)]
    parts = [empty(columns).drop(columns=SETTLED)]
    for member in near:
        table = member.read_rows(zone, margin_arcsec)
        flags = flags_by_neighbours(table, beam_arcsec=member.beam_arcsec)
        parts.append(table.assign(flags=flags))
    mosaics = np.repeat(np.arange(len(near)), np.array([len(part) for part in parts[1:]], dtype=int))
    table = pd.concat(parts, ignore_index=True)
    for column in (CLASS, CLASSIFIER):
        if column in columns:
            table[column.name] = table[column.name].fillna("")
    order = np.lexsort((mosaics, table["dec"], table["ra"]))
    beams = np.array([member.beam_arcsec for member in near], dtype=float)
    mosaics = mosaics[order]
    rows = rows_of(table[MEASURED].take(order), mosaics=mosaics, beams_arcsec=beams[mosaics])
    return Surrounded(near, table, order, rows, find_candidates(rows))


def _margin_of_chains(zone: Zone, around: Surrounded, reaches: np.ndarray) -> float:
    """Return how wide a margin (arcsec) holds all rows that may be linked to those of a zone."""
    rows = around.rows
    cells = name_cells(rows.ra, rows.dec)
    by_cell = np.argsort(cells, kind="stable")
    alike = np.diff(cells[by_cell]) == 0
    first = np.concatenate([around.candidates.truth, by_cell[:-1][alike]])
    second = np.concatenate([around.candidates.detection, by_cell[1:][alike]])
    chains = connected(first, second, len(rows.ra))
    of_zone = np.zeros(len(rows.ra), dtype=bool)
    of_zone[chains[zone.owns(rows.ra)]] = True
    linked = of_zone[chains]
    return float((zone.beyond(rows.ra, rows.dec) + reaches)[linked].max(initial=0.0))


def _counts(table: pd.DataFrame) -> dict[str, Counter]:
    """Return the numbers of rows, sources and flags."""
    primary = table[table["is_primary"]]
    return {
        "numbers": Counter(rows=len(table), sources=len(primary)),
        "flags": Counter(count_flags(table["flags"])),
        "flags_of_primary_rows": Counter(count_flags(primary["flags"])),
    }
