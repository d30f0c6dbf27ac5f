"""Export catalogues as FITS tables for TOPCAT and regions for DS9."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.table import Table

from radiofind.catalogues.class_columns import classes_of, columns_of
from radiofind.catalogues.columns import COMPONENT, SPECTRAL, ucd_in_band
from radiofind.catalogues.image_cards import cards_about
from radiofind.files import whole_or_absent, write_text
from radiofind.mosaics.images import ImageHeader

DS9_HEADER = "# Region file format: DS9\nglobal color={colour} width=1\nicrs\n"
CLASS_COLOURS = ("red", "cyan", "yellow", "magenta", "blue")
"""Colours of the classes in their order, repeated if necessary; sources without a class have the default."""


def write_fits_table(
    catalogue: pd.DataFrame, path: str | Path, *, image: ImageHeader, history: Sequence[str] = ()
) -> None:
    """Write a catalogue as a FITS table with units, UCDs and descriptions, and cards about its image.

    Parameters
    ----------
    catalogue
        Columns of `columns.CATALOGUE`, perhaps with those of `class_columns.class_columns`, or
        those of `columns.COMPONENT` or `columns.SPECTRAL`.
    path
        The file to make, whole or not at all.
    image
        The mosaic.
    history
        Lines of at most 72 characters on how it was made.
    """
    table = Table({name: _fits_array(catalogue[name]) for name in catalogue.columns})
    hdu = fits.BinTableHDU(table.as_array(), name="CATALOGUE")
    known = {column.name: column for column in (*SPECTRAL, *COMPONENT, *columns_of(catalogue))}
    for number, column in enumerate(map(known.get, catalogue.columns), 1):
        if column.unit:
            hdu.columns[column.name].unit = column.unit
        if column.ucd:
            hdu.header[f"TUCD{number}"] = ucd_in_band(column, image.frequency_hz)
        hdu.header[f"TCOMM{number}"] = column.description
    hdu.header.extend(cards_about(image))
    for line in history:
        hdu.header.add_history(line)
    with whole_or_absent(path) as temporary:
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(temporary, overwrite=True)


def write_regions(
    catalogue: pd.DataFrame,
    path: str | Path,
    *,
    beam_arcsec: float,
    colour: str = "green",
    history: Sequence[str] = (),
) -> None:
    """Write a catalogue as DS9 regions: ellipses of the fitted size, or circles of the beam without a size.

    Sources with a class have its colour (listed in a comment), and the class as a second tag.

    Parameters
    ----------
    catalogue
        Columns of `columns.CATALOGUE`, perhaps with those of `class_columns.class_columns`.
    path
        The file to make, whole or not at all.
    beam_arcsec
        Diameter of the circle for sources without a size.
    colour
        Colour, by its name in DS9.
    history
        Lines on how it was made, written as comments.
    """
    sizes = catalogue[["major", "minor"]].fillna(beam_arcsec).to_numpy() / 2
    # DS9 measures the angle of the first radius from west; with the minor axis first it equals the position
    # angle.
    angle = catalogue["position_angle"].fillna(0)
    rows = zip(
        catalogue["ra"],
        catalogue["dec"],
        sizes[:, 1],
        sizes[:, 0],
        angle,
        catalogue["source_id"],
        _class_marks(catalogue),
        strict=True,
    )
    lines = (
        f'ellipse({ra:.7f},{dec:.7f},{minor:.4f}",{major:.4f}",{turn:.2f}) # tag={{{name}}}{mark}\n'
        for ra, dec, minor, major, turn, name, mark in rows
    )
    legend = (f"class {name}: {colour}" for name, colour in _class_colours(catalogue).items())
    comments = (f"# {line}\n" for line in (*history, *legend))
    write_text("".join([DS9_HEADER.format(colour=colour), *comments, *lines]), path)


def _class_colours(catalogue: pd.DataFrame) -> dict[str, str]:
    """Return the colour of each class in a catalogue."""
    return dict(zip(classes_of(catalogue), cycle(CLASS_COLOURS), strict=False))


def _class_marks(catalogue: pd.DataFrame) -> list[str]:
    """Return the tag and colour for the class of each source; empty without a class."""
    marks = {name: f" tag={{{name}}} color={colour}" for name, colour in _class_colours(catalogue).items()}
    classes = catalogue["class"] if marks else [""] * len(catalogue)
    return [marks.get(name, "") for name in classes]


def _fits_array(values: pd.Series) -> np.ndarray:
    """Return a column as an array that FITS can store, with text as ASCII."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy()
    return values.to_numpy(dtype="S") if len(values) else np.empty(0, dtype="S1")
