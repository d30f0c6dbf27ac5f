"""The columns of detections and catalogues: names, types, units and descriptions, in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    ucd: str
    """UCD1+ (IVOA), with ``em.radio`` for the band of the image (see `ucd_in_band`); empty if none."""
    description: str
    """Description, as shown by TOPCAT."""


FLUX = "phot.flux.density;em.radio"
"""UCD of a total flux."""
PEAK = "phot.flux.density;em.radio;stat.max"
"""UCD of a peak flux."""

CATALOGUE = (
    Column("source_id", "str", "", "meta.id;meta.main", "Name from the position, unique in the mosaic"),
    Column("ra", "float64", "deg", "pos.eq.ra;meta.main", "Right ascension (ICRS)"),
    Column("dec", "float64", "deg", "pos.eq.dec;meta.main", "Declination (ICRS)"),
    Column("e_ra", "float64", "arcsec", "stat.error;pos.eq.ra", "Error of the right ascension on the sky"),
    Column("e_dec", "float64", "arcsec", "stat.error;pos.eq.dec", "Error of the declination"),
    Column("x", "float64", "pix", "pos.cartesian.x", "Mosaic column, 0 at the centre of the first pixel"),
    Column("y", "float64", "pix", "pos.cartesian.y", "Mosaic row, 0 at the centre of the first pixel"),
    Column("peak_flux", "float64", "Jy/beam", PEAK, "Peak flux density, corrected for the primary beam"),
    Column("e_peak_flux", "float64", "Jy/beam", f"stat.error;{PEAK}", "Error of peak_flux"),
    Column("total_flux", "float64", "Jy", FLUX, "Total flux density, corrected for the primary beam"),
    Column("e_total_flux", "float64", "Jy", f"stat.error;{FLUX}", "Error of total_flux"),
    Column("apparent_peak_flux", "float64", "Jy/beam", PEAK, "Peak flux density on the flat-noise image"),
    Column("e_apparent_peak_flux", "float64", "Jy/beam", f"stat.error;{PEAK}", "Error of apparent_peak_flux"),
    Column("apparent_total_flux", "float64", "Jy", FLUX, "Total flux density on the flat-noise image"),
    Column("e_apparent_total_flux", "float64", "Jy", f"stat.error;{FLUX}", "Error of apparent_total_flux"),
    Column("major", "float64", "arcsec", "phys.angSize.smajAxis", "Major axis (FWHM)"),
    Column("minor", "float64", "arcsec", "phys.angSize.sminAxis", "Minor axis (FWHM)"),
    Column("position_angle", "float64", "deg", "pos.posAng", "Position angle, north through east"),
    Column("e_major", "float64", "arcsec", "stat.error;phys.angSize.smajAxis", "Error of major"),
    Column("e_minor", "float64", "arcsec", "stat.error;phys.angSize.sminAxis", "Error of minor"),
    Column("e_position_angle", "float64", "deg", "stat.error;pos.posAng", "Error of position_angle"),
    Column(
        "dc_major",
        "float64",
        "arcsec",
        "phys.angSize.smajAxis;meta.modelled",
        "Major axis deconvolved from the beam (FWHM)",
    ),
    Column(
        "dc_minor",
        "float64",
        "arcsec",
        "phys.angSize.sminAxis;meta.modelled",
        "Minor axis deconvolved from the beam (FWHM)",
    ),
    Column(
        "dc_position_angle",
        "float64",
        "deg",
        "pos.posAng;meta.modelled",
        "Deconvolved position angle, north through east",
    ),
    Column("resolved", "bool", "", "meta.code", "Total over peak flux exceeds that of point sources"),
    Column("rms", "float64", "Jy/beam", "instr.det.noise", "Noise of the flat-noise image at the source"),
    Column("snr", "float64", "", "stat.snr", "apparent_total_flux / rms"),
    Column("peak_snr", "float64", "", "stat.snr;stat.max", "apparent_peak_flux / rms"),
    Column(
        "score",
        "float64",
        "",
        "stat.probability",
        "Probability that the source is real; NaN without calibration",
    ),
    Column("n_components", "int64", "", "meta.number", "Gaussians (or peaks) that make up the source"),
    Column("source_code", "str", "", "meta.code.class", "S_Code of PyBDSF: S, M or C"),
    Column("island_id", "str", "", "meta.id.parent", "source_id of the brightest source of its island"),
    Column("island_rms", "float64", "Jy/beam", "instr.det.noise", "Mean noise in its island"),
    Column("island_mean", "float64", "Jy/beam", "instr.background", "Mean background in its island"),
    Column(
        "flags", "str", "", "meta.code.qual", "Words separated by commas; empty when nothing is to be said"
    ),
    Column("tile", "str", "", "meta.id;obs.field", "Tile that measured the source"),
    Column("mosaic", "str", "", "meta.id;obs.image", "Mosaic"),
    Column("finder", "str", "", "meta.id;meta.software", "Finder"),
)

COMPONENT = (
    CATALOGUE[0],
    Column("component_id", "str", "", "meta.id", "Name of the Gaussian, from its position"),
    *CATALOGUE[1:],
)
"""Columns of the Gaussians; `source_id` names the source of each."""

SPECTRAL = (
    *CATALOGUE[:3],
    Column("spectral_index", "float64", "", "spect.index;em.radio", "alpha of total_flux ~ frequency^alpha"),
    Column("e_spectral_index", "float64", "", "stat.error;spect.index;em.radio", "Error of spectral_index"),
    *(column for column in CATALOGUE if column.name in ("total_flux", "e_total_flux")),
    Column("other_total_flux", "float64", "Jy", "phot.flux.density", "Total flux density in other_mosaic"),
    Column(
        "other_e_total_flux", "float64", "Jy", "stat.error;phot.flux.density", "Error of other_total_flux"
    ),
    Column("other_source_id", "str", "", "meta.id", "Name of the source in other_mosaic"),
    Column("separation", "float64", "arcsec", "pos.angDistance", "Distance of the two positions"),
    Column("other_mosaic", "str", "", "meta.id;obs.image", "Mosaic of the same field at another frequency"),
    *CATALOGUE[-2:],
)
"""Columns of the sources that were found at two frequencies."""

SURVEY = (
    Column("name", "str", "", "meta.id;meta.main", "IAU name, one for all rows of a source"),
    replace(CATALOGUE[0], ucd="meta.id"),
    *CATALOGUE[1:],
    Column("is_primary", "bool", "", "meta.code", "The row that counts for its source"),
    Column("n_mosaics", "int64", "", "meta.number;obs.image", "Mosaics in which the source was found"),
)
"""Columns of a survey, in which the same source may stand in several mosaics."""

CORRECTED = (
    Column(
        "completeness",
        "float64",
        "",
        "stat.probability",
        "Fraction of the fake sources of this SNR that were found; NaN if unknown",
    ),
    Column(
        "corrected_total_flux",
        "float64",
        "Jy",
        f"{FLUX};meta.modelled",
        "Mean true flux of fake sources that were measured like this one; NaN if unknown",
    ),
    Column(
        "e_corrected_total_flux",
        "float64",
        "Jy",
        f"stat.error;{FLUX};meta.modelled",
        "Error of corrected_total_flux",
    ),
)
"""Columns of a survey that was also searched with fake sources."""

RELIABLE = (
    Column(
        "reliability",
        "float64",
        "",
        "stat.probability",
        "Fraction of the rows of this SNR that are real, from the negated image; NaN if unknown",
    ),
)
"""Columns of a survey that was also searched negated."""

SURVEY_COMPONENT = (
    *SURVEY[:2],
    *COMPONENT[1:],
    Column("is_primary", "bool", "", "meta.code", "Whether the row of its source counts for the source"),
)
"""Columns of the Gaussians of a survey; `name` and, in its mosaic, `source_id` name the source of each."""

APPARENT = {
    "peak_flux": "apparent_peak_flux",
    "e_peak_flux": "e_apparent_peak_flux",
    "total_flux": "apparent_total_flux",
    "e_total_flux": "e_apparent_total_flux",
}
"""Fluxes corrected for the primary beam, and their counterparts on the flat-noise image."""

BANDS_MHZ = (
    (20, "20-100MHz"),
    (100, "100-200MHz"),
    (200, "200-400MHz"),
    (400, "400-750MHz"),
    (750, "750-1500MHz"),
    (1500, "1500-3000MHz"),
    (3000, "3-6GHz"),
    (6000, "6-12GHz"),
    (12000, "12-30GHz"),
    (30000, ""),
)
"""Where the radio bands of UCD1+ begin, and their names; empty beyond them."""

ISLAND = (
    Column("island", "int64", "", "", "Number of the island within the tile; -1 without islands"),
    Column("island_pixels", "int64", "pix", "", "Pixels of the island seen by the tile"),
    Column("island_cut", "bool", "", "", "The island reaches the edge of the tile inside the mosaic"),
    Column("crossings", "str", "", "", "Its pixels on the edges of tiles, as x:y with spaces between"),
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


def ucd_in_band(column: Column, frequency_hz: float) -> str:
    """Return the UCD of a column in the radio band of a frequency (UCD1+ 1.6, ``em.radio.*``)."""
    begun = [name for start_mhz, name in BANDS_MHZ if frequency_hz >= 1e6 * start_mhz]
    band = f"em.radio.{begun[-1]}" if begun and begun[-1] else "em.radio"
    return column.ucd.replace("em.radio", band)
