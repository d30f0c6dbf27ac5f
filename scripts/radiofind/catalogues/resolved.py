"""Tell resolved sources from points by total over peak flux."""

from __future__ import annotations

import numpy as np
import pandas as pd

SYSTEMATIC = 0.02
"""Logarithm of total over peak flux that a point of any brightness may have."""
AT_SNR_1 = 4.0
"""The same for noise, times the peak SNR; multiplied by 1 + 2 / SNR, since noise widens faint points."""


def is_resolved(table: pd.DataFrame) -> np.ndarray:
    """Return whether total over peak flux of each source exceeds that of points.

    That is: ln(total / peak) > hypot(`SYSTEMATIC`, `AT_SNR_1` / SNR x (1 + 2 / SNR)), with the peak SNR.

    Parameters
    ----------
    table
        Columns of a detection table. A source without a size (``major``) is not resolved.

    Notes
    -----
    Surveys draw such an envelope around their point sources. Its constants are set so that at most 2 % of
    simulated points lie above it at any SNR, for PyBDSF and for the network's fit alike
    (`benchmarks/resolved.py`). On an image with smearing, more points do.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.log(table["apparent_total_flux"].to_numpy() / table["apparent_peak_flux"].to_numpy())
        noise = 1 / table["peak_snr"].to_numpy()
        envelope = np.hypot(SYSTEMATIC, AT_SNR_1 * noise * (1 + 2 * noise))
        return (ratio > envelope) & np.isfinite(table["major"].to_numpy())
