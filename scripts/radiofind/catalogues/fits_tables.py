"""Write FITS tables part by part, with unit, UCD and description of every column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
from astropy.io import fits

from radiofind.catalogues.columns import Column, ucd_in_band
from radiofind.catalogues.records import record_bytes, record_type
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
    columns: Sequence[Column],
    widths: dict[str, int],
    n_rows: int,
    frequency_hz: float,
    cards: Sequence[Card] = (),
    history: Sequence[str] = (),
) -> None:
    """Write the parts of a catalogue as one FITS table in the extension CATALOGUE.

    Parameters
    ----------
    parts
        Tables with these columns.
    path
        The file to make, whole or not at all.
    columns
        The columns, in their order.
    widths
        Bytes of each text column (see `records.text_widths`).
    n_rows
        Rows of all parts.
    frequency_hz
        Centre of the band, which the UCDs of fluxes name; NaN if unknown.
    cards
        Further cards.
    history
        Lines of at most 72 characters on how the table was made.
    """
    dtype = record_type(columns, widths)
    header = _header(columns, {name: dtype[name].itemsize for name in widths}, frequency_hz)
    header["NAXIS2"] = n_rows
    header.extend(cards)
    for line in history:
        header.add_history(line)
    with whole_or_absent(path) as temporary, temporary.open("wb") as file:
        file.write(fits.PrimaryHDU().header.tostring().encode("ascii"))
        file.write(header.tostring().encode("ascii"))
        file.writelines(record_bytes(parts, dtype))
        file.write(bytes(-file.tell() % FITS_BLOCK))


def _header(columns: Sequence[Column], widths: dict[str, int], frequency_hz: float) -> fits.Header:
    """Return the header of a table without rows."""
    described = [
        fits.Column(
            name=column.name,
            format=FORMATS.get(column.dtype) or f"{widths[column.name]}A",
            unit=column.unit or None,
        )
        for column in columns
    ]
    header = fits.BinTableHDU.from_columns(described, nrows=0, name="CATALOGUE").header
    for number, column in enumerate(columns, 1):
        if column.ucd:
            header[f"TUCD{number}"] = ucd_in_band(column, frequency_hz)
        header[f"TCOMM{number}"] = column.description
    return header
