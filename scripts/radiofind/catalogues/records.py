"""Rows of a catalogue as the records of binary tables, whose bytes are the same in FITS and VOTable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from radiofind.catalogues.columns import Column

BATCH_ROWS = 20_000
"""Rows that are held at a time."""
BINARY_TYPES = {"float64": ">f8", "float32": ">f4", "int64": ">i8", "bool": "S1"}
"""Types of numbers in a record, by their pandas type. Truth is a letter, ``T`` or ``F``."""


@dataclass(frozen=True)
class Layout:
    """What the header of a table tells before its rows."""

    columns: Sequence[Column]
    """The columns, in their order."""
    widths: Mapping[str, int]
    """Bytes of the longest text in each text column (see `text_widths`)."""
    n_rows: int
    """Rows of all its parts."""
    frequency_hz: float
    """Centre of the band, which the UCDs of fluxes name; NaN if unknown."""
    history: Sequence[str] = ()
    """Lines of at most 72 characters on how it was made."""


def batches_of(path: str | Path, *, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
    """Yield the rows of a Parquet file, `BATCH_ROWS` at a time.

    Parameters
    ----------
    path
        The file.
    columns
        Names of the columns to read; all of them by default.
    """
    # With a buffer, pyarrow would hold all row groups that it has read.
    with pq.ParquetFile(path, pre_buffer=False) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=columns):
            yield batch.to_pandas()


def text_widths(path: str | Path, columns: Sequence[Column]) -> dict[str, int]:
    """Return the length in bytes of the longest text in each text column of a Parquet file, 0 without rows.

    Parameters
    ----------
    path
        The file.
    columns
        Its columns.
    """
    widths = {column.name: 0 for column in columns if column.dtype == "str"}
    with pq.ParquetFile(path, pre_buffer=False) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=list(widths)):
            for name in widths:
                longest = pc.max(pc.binary_length(batch[name])).as_py()
                widths[name] = max(widths[name], longest or 0)
    return widths


def widths_in(table: pd.DataFrame, columns: Sequence[Column]) -> dict[str, int]:
    """Return the same of a table whose texts are ASCII."""
    texts = [column.name for column in columns if column.dtype == "str"]
    return {name: int(table[name].str.len().max()) if len(table) else 0 for name in texts}


def record_type(columns: Sequence[Column], widths: Mapping[str, int]) -> np.dtype:
    """Return the type of a record: big-endian numbers, and texts of fixed width.

    Parameters
    ----------
    columns
        The columns, in the order of the file.
    widths
        Bytes of each text column; at least one is used, as some programs cannot read columns of none.
    """
    return np.dtype(
        [
            (column.name, BINARY_TYPES.get(column.dtype) or f"S{max(widths[column.name], 1)}")
            for column in columns
        ]
    )


def records_of(table: pd.DataFrame, dtype: np.dtype) -> np.ndarray:
    """Return the rows of a table as records.

    Parameters
    ----------
    table
        Columns of these names; texts are ASCII.
    dtype
        As `record_type` returns it.

    Returns
    -------
    Structured ndarray, one record a row
        Its bytes are those of a FITS binary table and of a VOTable in the format BINARY.
    """
    records = np.empty(len(table), dtype=dtype)
    for name in dtype.names:
        values = table[name]
        if pd.api.types.is_bool_dtype(values):
            records[name] = np.where(values, b"T", b"F")
        else:
            records[name] = values.to_numpy(dtype=dtype[name])
    return records


def record_bytes(parts: Iterable[pd.DataFrame], dtype: np.dtype) -> Iterator[bytes]:
    """Yield the records of the parts of a table as bytes."""
    for table in parts:
        yield records_of(table, dtype).tobytes()
