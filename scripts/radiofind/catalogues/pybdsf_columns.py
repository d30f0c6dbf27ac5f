"""Give the catalogue of PyBDSF the column names and units of PyBDSF's own files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table

from radiofind.files import whole_or_absent

IN_DEG = 1 / 3600
"""PyBDSF gives sizes and errors of positions in deg."""
SHARED = {
    "RA": ("ra", 1.0, "deg"),
    "E_RA": ("e_ra", IN_DEG, "deg"),
    "DEC": ("dec", 1.0, "deg"),
    "E_DEC": ("e_dec", IN_DEG, "deg"),
    "Total_flux": ("total_flux", 1.0, "Jy"),
    "E_Total_flux": ("e_total_flux", 1.0, "Jy"),
    "Peak_flux": ("peak_flux", 1.0, "beam-1 Jy"),
    "E_Peak_flux": ("e_peak_flux", 1.0, "beam-1 Jy"),
    "Maj": ("major", IN_DEG, "deg"),
    "E_Maj": ("e_major", IN_DEG, "deg"),
    "Min": ("minor", IN_DEG, "deg"),
    "E_Min": ("e_minor", IN_DEG, "deg"),
    "PA": ("position_angle", 1.0, "deg"),
    "E_PA": ("e_position_angle", 1.0, "deg"),
    "DC_Maj": ("dc_major", IN_DEG, "deg"),
    "DC_Min": ("dc_minor", IN_DEG, "deg"),
    "DC_PA": ("dc_position_angle", 1.0, "deg"),
    "Isl_rms": ("island_rms", 1.0, "beam-1 Jy"),
    "Isl_mean": ("island_mean", 1.0, "beam-1 Jy"),
}
"""PyBDSF's names with ours, the factors from our units to PyBDSF's, and PyBDSF's units."""
POSITIONS = {"Xposn": "x", "Yposn": "y"}
"""Columns that PyBDSF gives only for Gaussians, in pixels."""


def write_source_list(catalogue: pd.DataFrame, path: str | Path) -> None:
    """Write the sources as PyBDSF's ``srl`` FITS table.

    Parameters
    ----------
    catalogue
        Columns `columns.CATALOGUE` of a finder of kind pybdsf.
    path
        The file to make, whole or not at all.
    """
    numbers = {"Source_id": np.arange(len(catalogue)), "Isl_id": _island_numbers(catalogue)}
    _write(numbers | _columns_of(catalogue), path)


def write_gaussian_list(components: pd.DataFrame, catalogue: pd.DataFrame, path: str | Path) -> None:
    """Write the Gaussians as PyBDSF's ``gaul`` FITS table.

    Parameters
    ----------
    components
        Columns `columns.COMPONENT`.
    catalogue
        Their sources, in the order of `write_source_list`.
    path
        The file to make, whole or not at all.
    """
    row = pd.Series(np.arange(len(catalogue)), index=catalogue["source_id"])
    source = row.reindex(components["source_id"]).to_numpy(dtype=int)
    numbers = {
        "Gaus_id": np.arange(len(components)),
        "Isl_id": _island_numbers(catalogue)[source],
        "Source_id": source,
    }
    places = {name: (components[ours].to_numpy(), "pix") for name, ours in POSITIONS.items()}
    _write(numbers | _columns_of(components) | places, path)


def _island_numbers(catalogue: pd.DataFrame) -> np.ndarray:
    """Return a number for the island of each source; islands count from 0."""
    return pd.factorize(catalogue["island_id"])[0]


def _columns_of(table: pd.DataFrame) -> dict[str, object]:
    """Return the columns that sources and Gaussians share, with their units."""
    numbers = {name: (table[ours].to_numpy() * factor, unit) for name, (ours, factor, unit) in SHARED.items()}
    codes = table["source_code"].to_numpy(dtype="S1") if len(table) else np.empty(0, dtype="S1")
    return numbers | {"S_Code": codes}


def _write(columns: dict[str, object], path: str | Path) -> None:
    """Write arrays, some with a unit, as a FITS table."""
    table = Table()
    for name, values in columns.items():
        table[name], unit = values if isinstance(values, tuple) else (values, None)
        table[name].unit = unit
    with whole_or_absent(path) as temporary:
        table.write(temporary, format="fits", overwrite=True)
