"""Merge the catalogues of many mosaics to one survey, in which one row of each source is primary.

The sky is merged a zone at a time (see `zones` and `parts`), so the memory hardly grows with the survey, and
zones may be merged by several workers. Nothing is deleted.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.records import Layout
from radiofind.catalogues.votables import parquet_keys
from radiofind.survey.inputs import SurveyInput
from radiofind.survey.learned import NOTHING, Learned
from radiofind.survey.parts import merge_zone, survey_columns
from radiofind.survey.scatter import summarise
from radiofind.survey.zones import zones_of

logger = logging.getLogger(__name__)

ROWS_OF_ZONE = 250_000
"""About the number of rows that are merged at a time."""
ROWS_OF_GROUP = 100_000
"""Rows of each row group of the file."""


def write_survey(
    given: SurveyInput,
    path: str | Path,
    *,
    prefix: str,
    frequency_hz: float,
    metadata: Mapping[str, object] | None = None,
    learned: Learned = NOTHING,
    rows_of_zone: int = ROWS_OF_ZONE,
    apply: Callable[..., Iterator] = map,
) -> None:
    """Write the survey made of the catalogues of a finder.

    Parameters
    ----------
    given
        The mosaics.
    path
        The Parquet file to make, whole or not at all: columns `parts.survey_columns`, sorted by right
        ascension, declination and mosaic.
    prefix
        The acronym before the position in the names of sources.
    frequency_hz
        Centre of the band, which the file tells with its columns (see `votables.parquet_keys`); NaN if
        unknown.
    metadata
        Metadata of the file, to which ``survey`` is added: numbers of ``rows``, ``sources``, ``flags`` and
        ``flags_of_primary_rows``, and how the mosaics agree (see `scatter.summarise`).
    learned
        What further searches have told of the finder: the survey has columns of it.
    rows_of_zone
        About how many rows are merged at a time. The file is the same for any number.
    apply
        Applies a function to items and yields the results in their order, as `map` does.

    Raises
    ------
    ValueError
        If a catalogue has changed since its positions were read.
    """
    columns = survey_columns(given.classes, learned=learned)
    zones = zones_of(given.ra, rows_of_zone=rows_of_zone)
    terms = {"prefix": prefix, "columns": columns, "learned": learned}
    merge = partial(merge_zone, members=given.members, **terms)
    told: list[tuple[dict[str, Counter], pd.DataFrame]] = []
    widths: dict[str, int] = {}

    def tables() -> Iterator[pd.DataFrame]:
        for part in apply(merge, zones):
            told.append((part.counts, part.differences))
            widths.update({name: max(widths.get(name, 0), width) for name, width in part.widths.items()})
            yield part.table

    def all_metadata() -> dict[str, object]:
        return {**(metadata or {}), "survey": _summary(told, given)}

    def keys() -> dict[str, str]:
        return parquet_keys(Layout(columns, widths, len(given.ra), frequency_hz))

    parts = in_groups(tables(), ROWS_OF_GROUP)
    write_catalogue(parts, path, columns=columns, metadata=all_metadata, keys=keys)


def in_groups(tables: Iterable[pd.DataFrame], rows: int) -> Iterator[pd.DataFrame]:
    """Yield the rows of tables in tables of so many rows, of which the last one may have fewer."""
    held = pd.DataFrame()
    for table in tables:
        held = pd.concat([held, table], ignore_index=True) if len(held) else table
        whole = len(held) - len(held) % rows
        for start in range(0, whole, rows):
            yield held[start : start + rows]
        held = held[whole:]
    if len(held):
        yield held


def _summary(
    told: Sequence[tuple[dict[str, Counter], pd.DataFrame]], given: SurveyInput
) -> dict[str, object]:
    """Return what is to be said of a survey, from what was said of its parts."""
    total = {key: sum((counts[key] for counts, _ in told), Counter()) for key in told[0][0]}
    numbers = total.pop("numbers")
    if numbers["rows"] != len(given.ra):
        raise ValueError(
            f"expected {len(given.ra)} rows in the catalogues of the mosaics, as when their positions were "
            f"read, received {numbers['rows']}: they have changed, run again"
        )
    names = [member.mosaic for member in given.members]
    agreement = summarise(pd.concat([differences for _, differences in told], ignore_index=True), names)
    summary = {
        "rows": numbers["rows"],
        "sources": numbers["sources"],
        **{key: dict(sorted(counts.items())) for key, counts in total.items()},
        **agreement,
    }
    logger.info("survey: %s", {key: value for key, value in summary.items() if key != "agreement_by_mosaics"})
    for both in summary["agreement_by_mosaics"]:
        logger.info("%s", both)
    return summary
