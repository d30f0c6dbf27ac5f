"""The reliability of each row of a catalogue."""

import numpy as np
import pandas as pd

from radiofind.evaluation.row_reliability import reliability_of

SNR = np.array([1.0, 3.0, 5.9, 7.0, 50.0, np.nan])


def test_a_row_has_the_reliability_of_its_bin():
    bins = pd.DataFrame({"snr_low": [6.0, 3.0], "snr_high": [10.0, 6.0], "reliability": [np.nan, 0.5]})
    found = reliability_of(SNR, bins)
    assert found[1:3].tolist() == [0.5, 0.5] and np.isnan(found[[0, 3, 4, 5]]).all()


def test_without_bins_it_is_unknown():
    assert np.isnan(reliability_of(SNR, pd.DataFrame(columns=["snr_low", "snr_high", "reliability"]))).all()
