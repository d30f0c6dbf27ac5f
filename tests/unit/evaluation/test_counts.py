"""Source counts: a sky drawn from published counts has these counts, whatever was missed and mismeasured."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from radiofind.evaluation.count_corrections import LEAST_INJECTED, FakeSources, correct_counts
from radiofind.evaluation.counts import COLUMNS, count_sources, euclidean_unit, flux_edges
from radiofind.evaluation.published_counts import FRANZEN, HOPKINS, MANDAL, nearest_counts
from radiofind.mosaics.injections import windhorst_sizes

FREQUENCY = 1.4e9
NOISE = np.array([15e-6, 45e-6])
"""Of each half of the area, Jy/beam."""
AREAS = np.array([1.0, 4.0])
"""For which fake sources stand in each half."""
AREA = 30.0
SLOPE, FLUX_SNR = 1.6, (1, 50)
COMPLETENESS = pd.DataFrame({"shape": "all", "snr_low": [1.0, 10.0], "completeness": [0.3, 1.0]})


def draw_sky(rng):
    """Return the fluxes (Jy) of a sky with the counts of Hopkins et al. 2003."""
    edges = np.geomspace(50e-6, 1, 2000)
    middle = np.sqrt(edges[:-1] * edges[1:])
    mean = HOPKINS.at(middle, frequency_hz=FREQUENCY) * middle**-2.5 * np.diff(edges) * AREA
    return np.repeat(middle, rng.poisson(mean * np.deg2rad(1) ** 2))


def measure(flux, rms, rng):
    """Return what a toy finder measures: 5 % too much, with noise, and nothing (NaN) below 5 sigma."""
    measured = 1.05 * flux + rng.normal(0, rms)
    return np.where(measured > 5 * rms, measured, np.nan)


def draw_fakes(rng, number=20_000):
    """Return fake sources with what the toy finder finds of them."""
    low, high = (edge ** (1 - SLOPE) for edge in FLUX_SNR)
    snr = (low + rng.random(number) * (high - low)) ** (1 / (1 - SLOPE))
    # As in a mosaic, the number for an area is not left to chance.
    half = np.where(np.arange(number) % 5 == 0, 1, 0)
    rms = NOISE[half]
    return FakeSources(rms, snr, measure(snr * rms, rms, rng), AREAS[half], SLOPE, FLUX_SNR)


@cache
def counted(seed, reliable=None):
    """Return the counts of a sky, and the true fluxes."""
    rng = np.random.default_rng(seed)
    flux = draw_sky(rng)
    rms = rng.choice(NOISE, len(flux))
    measured = measure(flux, rms, rng)
    sources = pd.DataFrame({"total_flux": measured, "snr": measured / rms}).dropna()
    fakes = draw_fakes(rng)
    options = {"completeness": COMPLETENESS, "area_deg2": AREA, "frequency_hz": FREQUENCY, "finder": "f"}
    if reliable is not None:
        options["reliability"] = pd.DataFrame(
            {"snr_low": [0.1], "snr_high": [1e6], "reliability": [reliable]}
        )
    return count_sources(sources, fakes, **options), flux


def chance(table, number):
    """Return the p-value of chi-squared of numbers over those of the published counts, in trusted bins."""
    table = table.assign(number=number)[table["trusted"] & (table["n_injected"] >= LEAST_INJECTED)]
    assert len(table) >= 5
    expected = table["published"] * table["n"] / table["counts_uncorrected"]
    variance = table["correction"] ** 2 * table["n"] + (table["n"] * table["e_correction"]) ** 2
    return chi2.sf(((table["number"] - expected) ** 2 / variance).sum(), len(table))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_corrected_counts_are_those_from_which_the_sky_was_drawn(seed):
    table, flux = counted(seed)
    assert tuple(table.columns) == COLUMNS
    assert chance(table, table["n_corrected"]) > 0.01
    assert chance(table, table["n"]) < 1e-6, "not corrected"
    assert chance(table, table["n_corrected"] * table["correction"]) < 1e-6, "corrected twice"
    bright = table[table["flux_low"] > 0.005]
    assert bright["trusted"].all() and (bright["n_injected"] == 0).all()
    assert bright["n_corrected"].sum() == pytest.approx((flux > bright["flux_low"].min()).sum(), rel=0.05)


def test_sizes_of_the_sky_are_made_up_for_if_fake_sources_have_them():
    """By a finder that sees peaks, with a beam of 6 arcsec; points alone do not tell what it misses."""
    rng = np.random.default_rng(4)

    def measured(flux, rms, size):
        peak = flux / (1 + (size / 6) ** 2) + rng.normal(0, rms)
        return np.where(peak > 5 * rms, flux + rng.normal(0, rms), np.nan)

    def sizes_at(flux):
        return windhorst_sizes(rng.random(len(flux)), flux, frequency_hz=FREQUENCY)

    flux = draw_sky(rng)
    rms = rng.choice(NOISE, len(flux))
    found = measured(flux, rms, sizes_at(flux))
    sources = pd.DataFrame({"total_flux": found, "snr": found / rms}).dropna()
    fakes = draw_fakes(rng, number=40_000)
    chances = {}
    for name, size in {"sized": sizes_at(fakes.flux), "points": 0.0}.items():
        those = replace(fakes, found_flux=measured(fakes.flux, fakes.rms, size))
        options = {"completeness": COMPLETENESS, "area_deg2": AREA, "frequency_hz": FREQUENCY}
        table = count_sources(sources, those, **options)
        chances[name] = chance(table, table["n_corrected"])
    assert chances["sized"] > 0.01 and chances["points"] < 1e-6


def test_bins_in_which_most_is_missed_or_few_were_injected_are_not_trusted():
    table, _ = counted(1)
    faintest = table.iloc[0]
    assert faintest["correction"] > 2 and not faintest["trusted"]
    few = draw_fakes(np.random.default_rng(1), number=300)
    edges = flux_edges(np.array([1e-4, 1.0]))
    rows = correct_counts(few, edges, counts_slopes=np.full(len(edges) - 1, 1.8))
    assert not rows.loc[rows["n_injected"].between(1, LEAST_INJECTED - 1), "trusted"].iloc[:-1].any()


def test_a_source_counts_by_its_flux_and_by_its_reliability():
    whole, _ = counted(1)
    half, _ = counted(1, reliable=0.5)
    for name in ("counts", "counts_low", "counts_high", "n_corrected"):
        assert half[name].tolist() == pytest.approx((whole[name] / 2).tolist(), rel=0.02)
    assert half["counts_uncorrected"].tolist() == whole["counts_uncorrected"].tolist()


def test_euclidean_counts_have_the_geometric_mean_of_the_bin():
    # S^2.5 / (dS area), by hand: a bin from 1 to 4 mJy, and 1 square degree of 3.0462e-4 sr.
    (unit,) = euclidean_unit(np.array([1e-3, 4e-3]), 1.0)
    assert unit == pytest.approx((2e-3) ** 2.5 / (3e-3 * 3.0462e-4), rel=1e-4)
    assert flux_edges(np.array([0.9e-3, 1.1e-3, np.nan, -1.0])) == pytest.approx(
        10 ** (np.arange(-16, -13) / 5)
    )


def test_the_interval_is_that_of_the_number_of_sources():
    table, _ = counted(1)
    low, high = (
        chi2.ppf([0.025, 0.975], 2 * (n + 1) - np.array([2, 0])) / 2 for n in table["n"].iloc[[0, -1]]
    )
    for row, (fewest, most) in zip(table.iloc[[0, -1]].to_dict("records"), (low, high), strict=True):
        assert row["counts_low"] / row["counts"] == pytest.approx(fewest / row["n"])
        assert row["counts_high"] / row["counts"] == pytest.approx(most / row["n"])


def test_nothing_found_and_nothing_injected_are_results():
    nobody = pd.DataFrame({"total_flux": [], "snr": []})
    nothing = FakeSources(*np.empty((4, 0)), SLOPE, FLUX_SNR)
    options = {"area_deg2": 1.0, "frequency_hz": np.nan, "completeness": COMPLETENESS[:0]}
    assert tuple(count_sources(nobody, nothing, **options).columns) == COLUMNS
    one = pd.DataFrame({"total_flux": [1e-3], "snr": [20.0]})
    table = count_sources(one, nothing, **options)
    assert table["n"].tolist() == [1] and table["correction"].isna().all() and not table["trusted"].any()
    assert table["published"].isna().all() and table["published_source"].tolist() == [""]


@pytest.mark.parametrize(
    ("published", "values"),
    [
        (HOPKINS, [3.89, 7.23, 41.9, 230.7, 459]),
        (FRANZEN, [np.nan, 38.3, 111.4, 784, 3311]),
        (MANDAL, [np.nan, 45.2, 93.2, 700, 3286]),
    ],
    ids=lambda value: getattr(value, "source", ""),
)
def test_published_counts_have_their_known_values_and_end_with_their_range(published, values):
    found = published.at(np.array([1e-4, 1e-3, 1e-2, 0.1, 1.0]), frequency_hz=published.frequency_hz)
    assert found.tolist() == pytest.approx(values, rel=2e-3, nan_ok=True)
    assert np.isnan(published.at(np.array([1e3]), frequency_hz=published.frequency_hz)).all()


def test_counts_are_scaled_to_the_frequency_of_the_survey():
    # At 700 MHz sources are 2^0.7 = 1.6245 times as bright as at 1.4 GHz.
    (there,) = HOPKINS.at(np.array([1.6245e-3]), frequency_hz=0.7e9)
    assert there == pytest.approx(1.6245**1.5 * 7.228, rel=1e-3)
    assert [nearest_counts(one) for one in (144e6, 160e6, 888e6, np.nan)] == [MANDAL, FRANZEN, HOPKINS, None]


@pytest.mark.parametrize("noisy", [60e-6, 2e-3], ids=["missed", "never drawn"])
def test_what_is_missed_where_the_noise_is_high_counts_by_its_area(noisy):
    # Without errors, all sources above 5 sigma are found in the quiet half, and none in the noisy half.
    fakes = draw_fakes(np.random.default_rng(1))
    rms = np.where(np.arange(len(fakes.snr)) % 2, noisy, 15e-6)
    flux = fakes.snr * rms
    fakes = replace(fakes, rms=rms, found_flux=np.where(fakes.snr > 5, flux, np.nan))
    (row,) = correct_counts(fakes, np.array([2e-4, 2.9e-4]), counts_slopes=np.array([2.2])).to_dict("records")
    assert row["correction"] == pytest.approx(2, abs=3 * row["e_correction"])
    assert row["e_correction"] < 0.1 and not row["trusted"]
