"""Give the rows of a survey corrected fluxes and their completeness, as fake sources tell them."""

from __future__ import annotations

import numpy as np
import pandas as pd


def corrected_fluxes(table: pd.DataFrame, correction: pd.DataFrame) -> pd.DataFrame:
    """Return the completeness, the corrected total flux and its error of the rows of a catalogue.

    Parameters
    ----------
    table
        Columns ``snr``, ``resolved``, ``total_flux`` and ``e_total_flux``.
    correction
        Rows of `flux_correction.calibrate_fluxes`. Between the middles of bins, values are interpolated over
        the logarithm of the SNR.

    Returns
    -------
    pandas.DataFrame
        The columns `columns.CORRECTED`. Above the last bin the flux is the measured one. NaN for resolved
        sources if the correction has none, and where the SNR is unknown.
    """
    snr, resolved = table["snr"].to_numpy(float), table["resolved"].to_numpy(bool)
    values = np.full((3, len(table)), np.nan)
    for kind, bins in correction.groupby("resolved"):
        rows = (resolved == kind) & (snr > 0)
        middles = np.log(bins["snr_low"] * bins["snr_high"]).to_numpy() / 2
        measured = np.log(snr[rows])
        factor = np.interp(measured, middles, bins["flux_factor"])
        factor[(snr[rows] >= bins["snr_high"].max()) & np.isfinite(factor)] = 1.0
        completeness = np.interp(measured + np.log(factor), middles, bins["completeness"])
        values[:, rows] = completeness, factor, factor * np.interp(measured, middles, bins["error_factor"])
    completeness, factor, error_factor = values
    return pd.DataFrame(
        {
            "completeness": completeness,
            "corrected_total_flux": factor * table["total_flux"],
            "e_corrected_total_flux": error_factor * table["e_total_flux"],
        },
        index=table.index,
    )
