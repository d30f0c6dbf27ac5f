"""Write and read catalogues as Parquet, with unit, UCD and description of every column in the schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from radiofind.catalogues.columns import CATALOGUE, Column, empty
from radiofind.files import METADATA_KEY, whole_or_absent
from radiofind.tables import to_arrow

PANDAS_TYPES = {"double": "float64", "float": "float32", "string": "str", "large_string": "str"}
"""pandas types by those of Arrow, where their names differ."""


def write_catalogue(
    parts: Iterable[pd.DataFrame],
    path: str | Path,
    *,
    columns: Sequence[Column] = CATALOGUE,
    metadata: Mapping[str, object] | Callable[[], Mapping[str, object]] | None = None,
    keys: Callable[[], Mapping[str, str]] | None = None,
) -> None:
    """Write the parts of a catalogue to one Parquet file.

    Parameters
    ----------
    parts
        Tables with these columns.
    path
        The file to make, whole or not at all.
    columns
        The columns of the catalogue. The metadata of each field are their ``unit``, ``ucd`` and
        ``description``, as far as they have them.
    metadata
        Metadata of the file, returned by `files.read_metadata`; or a function that returns them, called after
        the last part.
    keys
        Returns further metadata, such as `votables.parquet_keys`; called after the last part.
    """
    known = None if callable(metadata) else metadata
    schema = _described(to_arrow(empty(tuple(columns)), known).schema, columns)
    if callable(metadata):
        schema = schema.with_metadata(
            {key: schema.metadata[key] for key in schema.metadata.keys() - {METADATA_KEY}}
        )
    # A dictionary of measurements, which are all different, takes four times as long and a fifth more space.
    repeated = [column.name for column in columns if not column.dtype.startswith("float")]
    with (
        whole_or_absent(path) as temporary,
        pq.ParquetWriter(temporary, schema, use_dictionary=repeated) as writer,
    ):
        for table in parts:
            writer.write_table(to_arrow(table).cast(schema))
        if callable(metadata):
            writer.add_key_value_metadata({METADATA_KEY: json.dumps(metadata(), sort_keys=True)})
        if keys:
            writer.add_key_value_metadata(keys())


def described_columns(path: str | Path) -> tuple[Column, ...]:
    """Return the columns of a Parquet file that `write_catalogue` wrote, in their order."""
    return tuple(
        Column(
            field.name,
            PANDAS_TYPES.get(str(field.type), str(field.type)),
            *(_told(field, key) for key in ("unit", "ucd", "description")),
        )
        for field in pq.read_schema(path)
    )


def _told(field: pa.Field, key: str) -> str:
    """Return what the metadata of a field say."""
    return (field.metadata or {}).get(key.encode(), b"").decode()


def _described(schema: pa.Schema, columns: Sequence[Column]) -> pa.Schema:
    """Return a schema with the properties of the columns as metadata of its fields."""
    for place, column in enumerate(columns):
        told = {"unit": column.unit, "ucd": column.ucd, "description": column.description}
        field = schema.field(place).with_metadata({key: value for key, value in told.items() if value})
        schema = schema.set(place, field)
    return schema
