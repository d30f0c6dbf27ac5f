"""Give the Gaussians of all mosaics the names of their sources in a survey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.columns import SURVEY_COMPONENT, conform

KEYS = ["mosaic", "source_id", "name", "is_primary"]
"""Columns of a survey that lead from a Gaussian to its source, and what they lead to."""


def write_components(
    survey: str | Path,
    components: Mapping[str, str | Path],
    path: str | Path,
    *,
    metadata: Mapping[str, object] | None = None,
) -> None:
    """Write the Gaussians of the sources of a survey.

    Parameters
    ----------
    survey
        The Parquet file of the survey.
    components
        File with the Gaussians of each mosaic.
    path
        The Parquet file to make, whole or not at all: columns `columns.SURVEY_COMPONENT`, one mosaic after
        the other, roughly from west to east, each sorted by right ascension and declination.
    metadata
        Metadata of the file, returned by `files.read_metadata`.

    Raises
    ------
    ValueError
        If the source of a Gaussian is not in the survey.
    """
    parts = (_named(components[mosaic], sources) for mosaic, sources in _sources_of_mosaics(survey))
    write_catalogue(parts, path, columns=SURVEY_COMPONENT, metadata=metadata)


def _sources_of_mosaics(survey: str | Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the names of mosaics and the rows that a survey has of each, in one pass over the survey."""
    with pq.ParquetFile(survey) as file:
        groups = range(file.num_row_groups)
        last = {}
        for group in groups:
            mosaics = file.read_row_group(group, columns=["mosaic"])["mosaic"]
            last.update(dict.fromkeys(mosaics.unique().to_pylist(), group))
        held: dict[str, list[pd.DataFrame]] = {}
        for group in groups:
            for mosaic, rows in file.read_row_group(group, columns=KEYS).to_pandas().groupby("mosaic"):
                held.setdefault(mosaic, []).append(rows)
            for mosaic in sorted(mosaic for mosaic in held if last[mosaic] == group):
                yield mosaic, pd.concat(held.pop(mosaic))


def _named(path: str | Path, sources: pd.DataFrame) -> pd.DataFrame:
    """Return the Gaussians of a mosaic with the names of these sources."""
    table = pd.read_parquet(path).sort_values(["ra", "dec"])
    named = table.merge(sources[KEYS[1:]], on="source_id", how="left", validate="many_to_one")
    lost = named.loc[named["name"].isna(), "source_id"]
    if len(lost):
        raise ValueError(
            f"{path}: expected the sources of all Gaussians in the survey, which lacks {lost.iloc[0]}; "
            "the two were not made of the same catalogue: remove this file and run again"
        )
    return conform(named, SURVEY_COMPONENT)
