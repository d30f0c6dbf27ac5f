"""Fake sources weighed to the source counts of the sky."""

import numpy as np
import pandas as pd
import pytest

from radiofind.evaluation.count_weights import LEAST_SNR, count_weights, fit_slope, lowest_complete_snr


def power_law(rng, slope, number, lowest):
    """Return values above the lowest one with dN/dS ~ S^-slope."""
    return lowest * rng.uniform(size=number) ** (1 / (1 - slope))


@pytest.mark.parametrize("slope", [1.6, 2.5])
def test_the_slope_is_that_of_the_counts_above_the_limit(slope):
    rng = np.random.default_rng(1)
    snr = np.concatenate([power_law(rng, slope, 4000, 10.0), rng.uniform(1, 10, 4000), [np.nan]])
    assert fit_slope(snr, lowest_snr=10.0) == pytest.approx(slope, abs=4 * (slope - 1) / np.sqrt(4000))


def test_few_sources_give_no_slope():
    assert np.isnan(fit_slope(np.full(19, 20.0), lowest_snr=10.0)) and np.isnan(fit_slope([], lowest_snr=1.0))


def test_the_limit_is_where_the_catalogue_is_complete():
    table = pd.DataFrame({"snr_low": [4.0, 16.0, 10.0], "completeness": [0.3, 0.97, 0.8]})
    assert lowest_complete_snr(table) == 16
    assert lowest_complete_snr(table.assign(completeness=1.0)) == LEAST_SNR
    assert np.isnan(lowest_complete_snr(table.assign(completeness=0.5)))


def test_weighted_sources_have_the_counts_of_the_sky():
    snr = power_law(np.random.default_rng(2), 1.6, 50_000, 1.0)
    snr = snr[snr < 50]
    weights = count_weights(snr, slope=1.6, counts_slope=2.1)
    assert weights.mean() == pytest.approx(1)
    share = weights[snr > 7].sum() / weights.sum()
    expected = (7**-1.1 - 50**-1.1) / (1 - 50**-1.1)
    assert share == pytest.approx(expected, rel=0.05)
    assert len(count_weights([], slope=1.6, counts_slope=2.0)) == 0
