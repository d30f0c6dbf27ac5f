"""Write catalogues as VOTables: columns with unit, UCD and description, rows as a binary stream."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io.votable.tree import CooSys, Field, Info, Param, Resource, TableElement, Values, VOTableFile
from astropy.units import Unit

from radiofind.catalogues.columns import Column, ucd_in_band
from radiofind.catalogues.records import Layout, record_bytes, record_type
from radiofind.files import whole_or_absent

VERSION = "1.4"
"""Version of VOTable, the first whose units are VOUnits."""
FRAME = "ICRS"
"""Frame of all positions."""
POSITION = ("pos.eq.ra", "pos.eq.dec")
"""UCDs of the columns to which the frame belongs."""
DATATYPES = {"float64": "double", "float32": "float", "int64": "long", "bool": "boolean", "str": "char"}
"""Types of VOTable by pandas type."""
NO_INTEGER = -(2**31)
"""Integer declared to mean that a value is missing. No column uses it."""
LEAST_WIDTH = 2
"""Least bytes of a text column: astropy and STILTS want a single letter declared differently."""
NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_.-]")
"""What the IDs of columns, which astropy takes for names, cannot have."""
LINE_BYTES = 48 * 1024
"""Bytes in a line of the stream, a multiple of 3: base64 then needs no padding within."""
END_OF_TABLE = "</TABLE>"
STREAM = ('<DATA>\n<BINARY>\n<STREAM encoding="base64">\n', "</STREAM>\n</BINARY>\n</DATA>\n")
"""What surrounds the rows."""


def write_votable(parts: Iterable[pd.DataFrame], path: str | Path, *, layout: Layout) -> None:
    """Write the parts of a catalogue as one VOTable (IVOA VOTable 1.4, serialization BINARY).

    Parameters
    ----------
    parts
        Tables with these columns.
    path
        The file to make, whole or not at all.
    layout
        What stands before the rows.
    """
    layout = _with_least_widths(layout)
    dtype = record_type(layout.columns, layout.widths)
    before, after = _described(layout).split(END_OF_TABLE)
    opened, closed = STREAM
    with whole_or_absent(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(before + opened)
        file.writelines(_in_base64(record_bytes(parts, dtype)))
        file.write(closed + END_OF_TABLE + after)


def parquet_keys(layout: Layout) -> dict[str, str]:
    """Return the keys by which a Parquet file tells its columns (IVOA note VOParquet 1.0).

    TOPCAT reads them, and astropy as ``format="parquet.votable"``.

    Parameters
    ----------
    layout
        What the file holds.
    """
    # Without the widths of texts, astropy cannot join them with the description.
    described = _described(_with_least_widths(layout), up_to="*")
    return {"IVOA.VOTable-Parquet.version": "1.0", "IVOA.VOTable-Parquet.content": described}


def _with_least_widths(layout: Layout) -> Layout:
    """Return a layout whose texts have at least `LEAST_WIDTH` bytes."""
    return replace(layout, widths={name: max(width, LEAST_WIDTH) for name, width in layout.widths.items()})


def _described(layout: Layout, *, up_to: str = "") -> str:
    """Return a VOTable that describes the columns of a catalogue and has no rows.

    Parameters
    ----------
    layout
        What it tells.
    up_to
        ``*`` where texts may be shorter than their widths.
    """
    document = VOTableFile(version=VERSION)
    resource = Resource(type="results")
    document.resources.append(resource)
    resource.coordinate_systems.append(CooSys(ID=FRAME, system=FRAME))
    if layout.history:
        made = Info(name="history", value="how this table was made")
        made.content = "\n".join(layout.history)
        resource.infos.append(made)
    table = TableElement(document, name="catalogue", nrows=layout.n_rows)
    resource.tables.append(table)
    if np.isfinite(layout.frequency_hz):
        of_frequency = {"name": "frequency", "datatype": "double", "unit": "Hz", "ucd": "em.freq"}
        frequency = Param(document, **of_frequency, value=layout.frequency_hz)
        frequency.description = "Centre of the band"
        table.params.append(frequency)
    table.fields.extend(_field(document, column, layout, up_to) for column in layout.columns)
    written = io.BytesIO()
    document.to_xml(written)
    return written.getvalue().decode()


def _field(document: VOTableFile, column: Column, layout: Layout, up_to: str) -> Field:
    """Return the description of a column."""
    ucd = ucd_in_band(column, layout.frequency_hz)
    field = Field(
        document,
        ID=NOT_IN_IDS.sub("_", column.name),
        name=column.name,
        datatype=DATATYPES[column.dtype],
        arraysize=f"{layout.widths[column.name]}{up_to}" if column.dtype == "str" else None,
        unit=Unit(column.unit).to_string("vounit") if column.unit else None,
        ucd=ucd or None,
        ref=FRAME if ucd.startswith(POSITION) else None,
    )
    field.description = column.description
    if column.dtype == "int64":
        field.values = Values(document, field, null=NO_INTEGER)
    return field


def _in_base64(parts: Iterable[bytes]) -> Iterator[str]:
    """Yield bytes as lines in base64."""
    held = b""
    for part in parts:
        held += part
        whole = len(held) - len(held) % LINE_BYTES
        for start in range(0, whole, LINE_BYTES):
            yield base64.b64encode(held[start : start + LINE_BYTES]).decode() + "\n"
        held = held[whole:]
    if held:
        yield base64.b64encode(held).decode() + "\n"
