"""Say of each row of a catalogue how reliable it is, from what was found in the negated image."""

from __future__ import annotations

import numpy as np
import pandas as pd


def reliability_of(snr: np.ndarray, reliability: pd.DataFrame) -> np.ndarray:
    """Return the reliability of rows, that of their bin of SNR; NaN where it is unknown.

    Parameters
    ----------
    snr
        SNR of the rows, shape (n,).
    reliability
        Rows of `negation.reliability_by_snr`, of one mosaic or of all together.
    """
    if reliability.empty:
        return np.full(len(snr), np.nan)
    bins = reliability.sort_values("snr_low")
    place = np.searchsorted(bins["snr_low"], snr, side="right") - 1
    inside = (place >= 0) & (snr < bins["snr_high"].to_numpy()[place])
    return np.where(inside, bins["reliability"].to_numpy(float)[place], np.nan)
