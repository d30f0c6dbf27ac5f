"""Write a survey for other programs, a part at a time: FITS table, VOTable, DS9 regions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from radiofind.catalogues.catalogue_files import described_columns
from radiofind.catalogues.class_columns import CLASS, PROBABILITY
from radiofind.catalogues.exports import write_regions
from radiofind.catalogues.fits_tables import write_fits_parts
from radiofind.catalogues.records import Layout, batches_of, text_widths
from radiofind.catalogues.votables import write_votable
from radiofind.survey.band import Band

OF_REGIONS = ("name", "ra", "dec", "major", "minor", "position_angle", "is_primary")
"""Columns that regions need, besides those of classes."""


def export_fits(survey: str | Path, path: str | Path, *, band: Band, history: Sequence[str] = ()) -> None:
    """Write a survey as a FITS table.

    Parameters
    ----------
    survey
        The Parquet file.
    path
        The file to make, whole or not at all.
    band
        Frequency and beam of its images.
    history
        Lines of at most 72 characters on how it was made.
    """
    cards = [("RADESYS", "ICRS", "Frame of ra and dec")]
    if not math.isnan(band.frequency_hz):
        cards.append(("FREQ", band.frequency_hz, "[Hz] Median frequency of the mosaics"))
    write_fits_parts(batches_of(survey), path, layout=_layout(survey, band, history), cards=cards)


def export_votable(survey: str | Path, path: str | Path, *, band: Band, history: Sequence[str] = ()) -> None:
    """Write a survey as a VOTable; the parameters are those of `export_fits`."""
    write_votable(batches_of(survey), path, layout=_layout(survey, band, history))


def export_regions(survey: str | Path, path: str | Path, *, band: Band, history: Sequence[str] = ()) -> None:
    """Write the primary rows of a survey as DS9 regions with the names of sources as tags.

    The parameters are those of `export_fits`.
    """
    names = [column.name for column in described_columns(survey)]
    chosen = [name for name in names if name in OF_REGIONS or name.startswith((CLASS.name, PROBABILITY))]
    primary = pd.read_parquet(survey, columns=chosen, filters=[("is_primary", "==", True)])
    primary = primary.rename(columns={"name": "source_id"})
    write_regions(primary, path, beam_arcsec=band.beam_arcsec, history=history)


PRODUCTS: dict[str, Callable[..., None]] = {"fits": export_fits, "vot": export_votable, "reg": export_regions}
"""What writes a file, by its suffix."""


def _layout(survey: str | Path, band: Band, history: Sequence[str]) -> Layout:
    """Return what is told of a survey before its rows."""
    columns = described_columns(survey)
    n_rows = pq.read_metadata(survey).num_rows
    return Layout(columns, text_widths(survey, columns), n_rows, band.frequency_hz, history)
