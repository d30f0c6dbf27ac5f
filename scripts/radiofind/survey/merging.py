"""Merge the catalogues of many mosaics to one survey, in which one row of each source is primary.

The position of a source, the mean of its rows, decides which mosaic owns it (see `footprints`), and the row
of that mosaic is primary. It does not matter on which side of a boundary the single rows lie. No row of a
mosaic is primary whose source is outside the region of the mosaic. Nothing is deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radiofind.catalogues.class_columns import CLASS, CLASSIFIER, class_columns, classes_of
from radiofind.catalogues.columns import SURVEY, Column, conform, empty
from radiofind.survey.directions import chords, positions_of, unit_vectors
from radiofind.survey.duplicates import find_pairs, group_rows, rows_of
from radiofind.survey.flags import OUTSIDE_REGION, UNCONFIRMED, count_flags, flags_by_neighbours, with_flag
from radiofind.survey.footprints import NOBODY, Footprint, outside_regions, owners_of
from radiofind.survey.names import iau_names
from radiofind.survey.scatter import pairs_of_mosaics, summarise, summarise_by_mosaics

logger = logging.getLogger(__name__)

ORDER = ["ra", "dec", "mosaic"]
"""Columns by which the rows of a survey are sorted."""


@dataclass(frozen=True)
class Survey:
    """The rows of all mosaics, and what is to be said of them."""

    catalogue: pd.DataFrame
    """Columns `survey_columns`, sorted by position."""
    summary: dict[str, object]
    """Numbers of rows, sources and flags, and how the mosaics agree (see `scatter.summarise`)."""


def survey_columns(classes: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of a survey whose sources have these classes, or none."""
    return SURVEY + (class_columns(classes) if classes else ())


def merge_survey(
    catalogues: Mapping[str, pd.DataFrame], footprints: Sequence[Footprint], *, prefix: str
) -> Survey:
    """Return the survey made of the catalogues of a finder.

    Parameters
    ----------
    catalogues
        Catalogue of each mosaic: columns of `class_columns.columns_of`.
    footprints
        The same mosaics, in any order.
    prefix
        The acronym before the position in the names of sources.
    """
    footprints = sorted(footprints, key=lambda one: one.mosaic)
    table = _all_rows(catalogues, footprints)
    mosaics = pd.Index([one.mosaic for one in footprints]).get_indexer(table["mosaic"])
    beams = np.array([one.beam_arcsec for one in footprints])
    pairs = find_pairs(rows_of(table, mosaics=mosaics, beams_arcsec=beams[mosaics]))
    groups = group_rows(pairs, mosaics)
    settled = _settled(table, groups, mosaics, footprints, prefix)
    differences = pairs_of_mosaics(table, pairs.where(groups[pairs.truth] == groups[pairs.detection]))
    summary = {
        **_counts(settled),
        "agreement": summarise(differences),
        "agreement_by_mosaics": summarise_by_mosaics(differences),
    }
    logger.info("survey: %s", {key: value for key, value in summary.items() if key != "agreement_by_mosaics"})
    for both in summary["agreement_by_mosaics"]:
        logger.info("%s", both)
    return Survey(settled, summary)


def _all_rows(catalogues: Mapping[str, pd.DataFrame], footprints: Sequence[Footprint]) -> pd.DataFrame:
    """Return the rows of all mosaics with their flags, sorted; classes that a mosaic lacks are empty."""
    classes = list(dict.fromkeys(name for table in catalogues.values() for name in classes_of(table)))
    parts = [empty(survey_columns(classes)).drop(columns=["name", "is_primary", "n_mosaics"])]
    for footprint in footprints:
        table = catalogues[footprint.mosaic]
        flags = flags_by_neighbours(table, beam_arcsec=footprint.beam_arcsec)
        parts.append(table.assign(flags=flags))
    table = pd.concat(parts, ignore_index=True)
    for column in (CLASS, CLASSIFIER) if classes else ():
        table[column.name] = table[column.name].fillna("")
    return table.sort_values(ORDER, ignore_index=True)


def _settled(
    table: pd.DataFrame, groups: np.ndarray, mosaics: np.ndarray, footprints: Sequence[Footprint], prefix: str
) -> pd.DataFrame:
    """Return the rows with name, primary row and number of mosaics of their group."""
    directions = unit_vectors(table["ra"].to_numpy(), table["dec"].to_numpy())
    sums = [np.bincount(groups, weights=axis) for axis in directions.T]
    middle = np.column_stack(sums) / np.linalg.norm(sums, axis=0)[:, np.newaxis]
    ra, dec = positions_of(middle)
    owner = owners_of(ra, dec, footprints)[groups]
    outside = outside_regions(ra[groups], dec[groups], mosaics, footprints)
    centres = np.array([one.direction for one in footprints]).reshape(-1, 3)
    distance = chords(middle[groups], centres[mosaics])
    order = np.lexsort((mosaics, distance, outside, mosaics != owner, groups))
    first = order[np.diff(groups[order], prepend=-1) > 0]
    confirmed = ((owner == mosaics) | (owner == NOBODY) & ~outside)[first]
    names = iau_names(table["ra"].to_numpy()[first], table["dec"].to_numpy()[first], prefix=prefix)
    primary = np.zeros(len(table), dtype=bool)
    primary[first] = confirmed
    flags = with_flag(table["flags"], UNCONFIRMED, ~confirmed[groups] & (owner != NOBODY))
    flags = with_flag(flags, OUTSIDE_REGION, outside)
    made = {"name": names[groups], "is_primary": primary, "n_mosaics": np.bincount(groups)[groups]}
    return conform(table.assign(flags=flags, **made), survey_columns(classes_of(table)))


def _counts(survey: pd.DataFrame) -> dict[str, object]:
    """Return the numbers of rows and sources, and of flags in all rows and in primary ones."""
    primary = survey[survey["is_primary"]]
    return {
        "rows": len(survey),
        "sources": len(primary),
        "flags": count_flags(survey["flags"]),
        "flags_of_primary_rows": count_flags(primary["flags"]),
    }
