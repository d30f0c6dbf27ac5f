"""The columns of detections and catalogues: names, types, units and descriptions, in one place."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Column:
    """One column of a detection table."""

    name: str
    """Name, as in every file."""
    dtype: str
    """pandas type."""
    unit: str
    """Unit in FITS notation; empty if none."""
    description: str
    """Description, as shown by TOPCAT."""


CATALOGUE = (
    Column("source_id", "str", "", "Name from the position, unique in the mosaic"),
    Column("ra", "float64", "deg", "Right ascension (ICRS)"),
    Column("dec", "float64", "deg", "Declination (ICRS)"),
    Column("e_ra", "float64", "arcsec", "Error of the right ascension on the sky"),
    Column("e_dec", "float64", "arcsec", "Error of the declination"),
    Column("x", "float64", "pix", "Mosaic column, 0 at the centre of the first pixel"),
    Column("y", "float64", "pix", "Mosaic row, 0 at the centre of the first pixel"),
    Column("peak_flux", "float64", "Jy/beam", "Peak flux density, corrected for the primary beam"),
    Column("e_peak_flux", "float64", "Jy/beam", "Error of peak_flux"),
    Column("total_flux", "float64", "Jy", "Total flux density, corrected for the primary beam"),
    Column("e_total_flux", "float64", "Jy", "Error of total_flux"),
    Column("apparent_peak_flux", "float64", "Jy/beam", "Peak flux density on the flat-noise image"),
    Column("e_apparent_peak_flux", "float64", "Jy/beam", "Error of apparent_peak_flux"),
    Column("apparent_total_flux", "float64", "Jy", "Total flux density on the flat-noise image"),
    Column("e_apparent_total_flux", "float64", "Jy", "Error of apparent_total_flux"),
    Column("major", "float64", "arcsec", "Major axis (FWHM)"),
    Column("minor", "float64", "arcsec", "Minor axis (FWHM)"),
    Column("position_angle", "float64", "deg", "Position angle, north through east"),
    Column("dc_major", "float64", "arcsec", "Major axis deconvolved from the beam (FWHM)"),
    Column("dc_minor", "float64", "arcsec", "Minor axis deconvolved from the beam (FWHM)"),
    Column("dc_position_angle", "float64", "deg", "Deconvolved position angle, north through east"),
    Column("rms", "float64", "Jy/beam", "Noise of the flat-noise image at the source"),
    Column("snr", "float64", "", "apparent_total_flux / rms"),
    Column("peak_snr", "float64", "", "apparent_peak_flux / rms"),
    Column("score", "float64", "", "Probability that the source is real; NaN without calibration"),
    Column("n_components", "int64", "", "Gaussians (or peaks) that make up the source"),
    Column("flags", "str", "", "Words separated by commas; empty when nothing is to be said"),
    Column("tile", "str", "", "Tile that measured the source"),
    Column("mosaic", "str", "", "Mosaic"),
    Column("finder", "str", "", "Finder"),
)

APPARENT = {
    "peak_flux": "apparent_peak_flux",
    "e_peak_flux": "e_apparent_peak_flux",
    "total_flux": "apparent_total_flux",
    "e_total_flux": "e_apparent_total_flux",
}
"""Fluxes corrected for the primary beam, and their counterparts on the flat-noise image."""

ISLAND = (
    Column("island", "int64", "", "Number of the island within the tile; -1 without islands"),
    Column("island_pixels", "int64", "pix", "Pixels of the island seen by the tile"),
    Column("island_cut", "bool", "", "The island reaches the edge of the tile inside the mosaic"),
    Column("crossings", "str", "", "Its pixels on the edges of tiles, as x:y with spaces between"),
)
"""Columns that the merge needs for islands cut by the edge of a tile; not in catalogues."""

DETECTION = CATALOGUE + ISLAND


def conform(table: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    """Return the table with exactly these columns, in this order and with these types.

    Parameters
    ----------
    table
        May have further columns, which are dropped, and may be empty.
    columns
        The columns wanted.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    ValueError
        When a column is missing.
    """
    missing = [column.name for column in columns if column.name not in table]
    if missing:
        raise ValueError(f"the detection table has no column {', '.join(missing)}")
    types = {column.name: column.dtype for column in columns}
    return table[list(types)].astype(types)


def empty(columns: tuple[Column, ...]) -> pd.DataFrame:
    """Return a table with these columns and no rows."""
    return pd.DataFrame({column.name: pd.Series(dtype=column.dtype) for column in columns})
