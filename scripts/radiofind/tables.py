"""Write and read tables: CSV, and Parquet with a JSON object in its metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from radiofind.files import METADATA_KEY, whole_or_absent


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as CSV, without its index."""
    with whole_or_absent(path) as temporary:
        table.to_csv(temporary, index=False)


def read_csv(path: str | Path) -> pd.DataFrame:
    """Return a table that `write_csv` wrote; mosaics and finders named ``1`` or ``NA`` remain text."""
    names = {"mosaic": str, "finder": str}
    return pd.read_csv(path, dtype=names, keep_default_na=False, na_values=[""])


def write_parquet(
    table: pd.DataFrame, path: str | Path, *, metadata: Mapping[str, object] | None = None
) -> None:
    """Write a table as a Parquet file, with a JSON object in its metadata.

    Parameters
    ----------
    table
        The rows; the index is not written.
    path
        The file to write.
    metadata
        The object that `files.read_metadata` will return.
    """
    with whole_or_absent(path) as temporary:
        pq.write_table(to_arrow(table, metadata), temporary)


def to_arrow(table: pd.DataFrame, metadata: Mapping[str, object] | None = None) -> pa.Table:
    """Return a table as an Arrow table, with a JSON object in its metadata."""
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    stored = {
        **(arrow.schema.metadata or {}),
        METADATA_KEY: json.dumps(dict(metadata or {}), sort_keys=True).encode(),
    }
    return arrow.replace_schema_metadata(stored)
