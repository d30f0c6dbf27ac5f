"""Export catalogues as FITS tables for TOPCAT and regions for DS9."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, cycle
from pathlib import Path

import pandas as pd

from radiofind.catalogues.class_columns import classes_of, columns_of
from radiofind.catalogues.columns import COMPONENT, SPECTRAL
from radiofind.catalogues.fits_tables import write_fits_parts
from radiofind.catalogues.image_cards import cards_about
from radiofind.catalogues.records import Layout, widths_in
from radiofind.files import whole_or_absent
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
    known = {column.name: column for column in (*SPECTRAL, *COMPONENT, *columns_of(catalogue))}
    columns = [known[name] for name in catalogue.columns]
    widths = widths_in(catalogue, columns)
    write_fits_parts(
        [catalogue],
        path,
        layout=Layout(columns, widths, len(catalogue), image.frequency_hz, history),
        cards=cards_about(image),
    )


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
    with whole_or_absent(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(chain([DS9_HEADER.format(colour=colour)], comments, lines))


def _class_colours(catalogue: pd.DataFrame) -> dict[str, str]:
    """Return the colour of each class in a catalogue."""
    return dict(zip(classes_of(catalogue), cycle(CLASS_COLOURS), strict=False))


def _class_marks(catalogue: pd.DataFrame) -> list[str]:
    """Return the tag and colour for the class of each source; empty without a class."""
    marks = {name: f" tag={{{name}}} color={colour}" for name, colour in _class_colours(catalogue).items()}
    classes = catalogue["class"] if marks else [""] * len(catalogue)
    return [marks.get(name, "") for name in classes]
