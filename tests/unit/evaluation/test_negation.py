"""Reliability from the negated image: that of noise is 0, that of bright sources 1, with limits."""

import numpy as np
import pandas as pd
import pytest

from radiofind.evaluation.intervals import poisson_interval
from radiofind.evaluation.negation import COLUMNS, near_bright, pool_reliability, reliability_by_snr
from radiofind.finders.peaks import find_peaks

NAMES = {"beam_pixels": 4.0, "mosaic": "m", "finder": "f"}


def table_of(snr, x=0.0, peak=None):
    snr = np.asarray(snr, dtype=float)
    return pd.DataFrame({"x": x, "y": 0.0, "snr": snr, "apparent_peak_flux": snr if peak is None else peak})


def test_noise_is_unreliable_and_sources_above_it_are_not(sky, fields_of):
    rng = np.random.default_rng(1)
    sources = [(x, y, 20 * sky.rms) for x, y in rng.uniform(10, 390, (40, 2))]
    (field,) = fields_of(sky.make((400, 400), sources), rms=sky.rms)
    (mirrored,) = fields_of(-field.pixels, rms=sky.rms)
    found, negated = (find_peaks(one, finder="f", threshold=2.5).detections for one in (field, mirrored))
    table = reliability_by_snr(found, negated, **NAMES)
    assert tuple(table.columns) == COLUMNS
    faint, bright = table[table["snr_high"] < 4].iloc[-1], table[table["snr_low"] > 10].iloc[0]
    assert faint["n_detections"] > 30 and faint["reliability"] < 0.3
    assert faint["reliability_low"] <= 0 < faint["reliability_high"] < 0.6
    assert (bright["n_negative"], bright["reliability"], bright["reliability_high"]) == (0, 1, 1)
    assert 0.8 < bright["reliability_low"] < 1


def test_counts_are_those_of_the_bins_and_the_limit_is_that_of_none_seen():
    found, negated = table_of([5] * 40 + [30] * 10), table_of([5] * 10, x=1e4)
    table = reliability_by_snr(found, negated, **NAMES).set_index("snr_low")
    assert table["n_detections"].tolist() == [40, 10] and table["n_negative"].tolist() == [10, 0]
    assert table["reliability"].tolist() == [0.75, 1]
    assert table["reliability_low"].to_numpy() == pytest.approx([1 - 18.39 / 40, 1 - 3.689 / 10], abs=1e-3)
    assert table["reliability_high"].to_numpy() == pytest.approx([1 - 4.795 / 40, 1], abs=1e-3)


def test_more_negative_than_positive_is_no_reliability_below_zero():
    table = reliability_by_snr(table_of([5]), table_of([5] * 3 + [8], x=1e4), **NAMES)
    assert table["reliability"].tolist()[0] == 0 and table["reliability_high"].tolist()[0] < 1
    assert np.isnan(table["reliability"].tolist()[1]), "nothing was found in this bin"


def test_negatives_near_a_much_brighter_source_are_counted_apart():
    found = table_of([500, 40], x=[100.0, 300.0])
    negated = table_of([6, 6, 6, 12], x=[131.9, 132.1, 301.0, 110.0])
    assert near_bright(negated, found, beam_pixels=4.0).tolist() == [True, False, False, False]
    table = reliability_by_snr(found, negated, **NAMES)
    assert (table["n_negative"].sum(), table["n_near_bright"].sum()) == (3, 1)


def test_mosaics_of_a_survey_are_pooled_by_their_counts():
    one = reliability_by_snr(table_of([5] * 40), table_of([5] * 10, x=1e4), **NAMES)
    other = reliability_by_snr(table_of([5] * 60 + [30]), table_of([5] * 10, x=1e4), **NAMES)
    pooled = pool_reliability(pd.concat([one, other], ignore_index=True))
    assert tuple(pooled.columns) == COLUMNS and set(pooled["mosaic"]) == {"survey"}
    assert pooled["n_detections"].tolist() == [100, 1] and pooled["reliability"].tolist() == [0.8, 1]


def test_nothing_found_gives_no_bins():
    assert reliability_by_snr(table_of([]), table_of([]), **NAMES).empty


def test_the_interval_of_a_count_holds_its_mean_in_95_of_100():
    rng = np.random.default_rng(1)
    for mean in (0.5, 3, 12):
        low, high = poisson_interval(rng.poisson(mean, 4000))
        assert 0.94 < ((low <= mean) & (mean <= high)).mean() <= 1
