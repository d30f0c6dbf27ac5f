"""Write FITS tables part by part, with unit, UCD and description of every column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd
from astropy.io import fits

from radiofind.catalogues.columns import ucd_in_band
from radiofind.catalogues.records import Layout, record_bytes, record_type
from radiofind.files import whole_or_absent
from radiofind.mosaics.mosaic_images import FITS_BLOCK

FORMATS = {"float64": "D", "float32": "E", "int64": "K", "bool": "L"}
"""Types of FITS by pandas type, without those of texts."""

Card = tuple[str, object, str]
"""Name, value and comment."""


def write_fits_parts(
    parts: Iterable[pd.DataFrame],
    path: str | Path,
    *,
    layout: Layout,
    cards: Sequence[Card] = (),
) -> None:
    """Write the parts of a catalogue as one FITS table in the extension CATALOGUE.

    Parameters
    ----------
    parts
        Tables with these columns.
    path
        The file to make, whole or not at all.
    layout
        What the header tells.
    cards
        Further cards.
    """
    dtype = record_type(layout.columns, layout.widths)
    header = _header(layout, {name: dtype[name].itemsize for name in layout.widths})
    header["NAXIS2"] = layout.n_rows
    header.extend(cards)
    for line in layout.history:
        header.add_history(line)
    with whole_or_absent(path) as temporary, temporary.open("wb") as file:
        file.write(fits.PrimaryHDU().header.tostring().encode("ascii"))
        file.write(header.tostring().encode("ascii"))
        file.writelines(record_bytes(parts, dtype))
        file.write(bytes(-file.tell() % FITS_BLOCK))


def _header(layout: Layout, widths: Mapping[str, int]) -> fits.Header:
    """Return the header of a table without rows and with text columns of so many bytes."""
    described = [
        fits.Column(
            name=column.name,
            format=FORMATS.get(column.dtype) or f"{widths[column.name]}A",
            unit=column.unit or None,
        )
        for column in layout.columns
    ]
    header = fits.BinTableHDU.from_columns(described, nrows=0, name="CATALOGUE").header
    for number, column in enumerate(layout.columns, 1):
        if column.ucd:
            header[f"TUCD{number}"] = ucd_in_band(column, layout.frequency_hz)
        header[f"TCOMM{number}"] = column.description
    return header
