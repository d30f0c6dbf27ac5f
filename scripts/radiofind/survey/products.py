"""Write a survey for other programs, a part at a time: FITS table, VOTable, DS9 regions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from radiofind.catalogues.catalogue_files import described_columns
from radiofind.catalogues.class_columns import CLASS, PROBABILITY
from radiofind.catalogues.exports import write_regions
from radiofind.catalogues.fits_tables import write_fits_parts
from radiofind.catalogues.records import batches_of, text_widths
from radiofind.catalogues.votables import write_votable

OF_REGIONS = ("name", "ra", "dec", "major", "minor", "position_angle", "is_primary")
"""Columns that regions need, besides those of classes."""


@dataclass(frozen=True)
class Band:
    """What the images of a survey have in common."""

    frequency_hz: float
    """Centre of the band."""
    beam_arcsec: float
    """Major axis of the widest beam (FWHM)."""


def band_of(images: Sequence[Mapping[str, object]]) -> Band:
    """Return what images have in common, from the cards that their catalogues have about them.

    Parameters
    ----------
    images
        What `image_cards.values_about` returned for each; NaN for none.
    """
    cards = pd.DataFrame(images, columns=["FREQ", "BMAJ"])
    return Band(float(cards["FREQ"].median()), float(3600 * cards["BMAJ"].max()))


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
    write_fits_parts(
        batches_of(survey),
        path,
        **_layout(survey),
        frequency_hz=band.frequency_hz,
        cards=cards,
        history=history,
    )


def export_votable(survey: str | Path, path: str | Path, *, band: Band, history: Sequence[str] = ()) -> None:
    """Write a survey as a VOTable; the parameters are those of `export_fits`."""
    write_votable(
        batches_of(survey), path, **_layout(survey), frequency_hz=band.frequency_hz, history=history
    )


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


def _layout(survey: str | Path) -> dict[str, object]:
    """Return columns, widths of texts and number of rows of a Parquet file."""
    columns = described_columns(survey)
    return {
        "columns": columns,
        "widths": text_widths(survey, columns),
        "n_rows": pq.read_metadata(survey).num_rows,
    }
