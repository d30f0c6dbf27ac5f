"""Give the rows of a survey what further searches tell: corrected fluxes, completeness, reliability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from radiofind.catalogues.columns import CORRECTED, RELIABLE, Column
from radiofind.evaluation.row_reliability import reliability_of


@dataclass(frozen=True)
class Learned:
    """What further searches have told of a finder."""

    flux_correction: pd.DataFrame | None = None
    """Rows of `flux_correction.calibrate_fluxes`, if it searched with fake sources."""
    reliability: pd.DataFrame | None = None
    """Rows of `negation.pool_reliability`, if it searched negated mosaics."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that a survey has of it."""
        corrected = CORRECTED if self.flux_correction is not None else ()
        return corrected + (RELIABLE if self.reliability is not None else ())

    def told_of(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a catalogue with these columns.

        Parameters
        ----------
        table
            As for `corrected_fluxes`.
        """
        if self.flux_correction is not None:
            table = table.assign(**corrected_fluxes(table, self.flux_correction))
        if self.reliability is not None:
            table = table.assign(reliability=reliability_of(table["snr"].to_numpy(float), self.reliability))
        return table


NOTHING = Learned()
"""Of a finder without further searches."""


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
