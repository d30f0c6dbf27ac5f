"""Fluxes and errors that are wrong by known amounts are corrected by what fake sources tell."""

import numpy as np
import pandas as pd
import pytest

from radiofind.evaluation.flux_correction import COLUMNS, LEAST_SOURCES, OF_SOURCES, calibrate_fluxes
from radiofind.survey.learned import corrected_fluxes

RMS = 2.0
THRESHOLD = 5.0
FLUX_SCALE = 1.1
ERROR_SCALE = 1.5
"""By what measured fluxes are too high and their errors too small."""
SLOPE, COUNTS_SLOPE = 1.2, 2.3
"""Of the fake sources, and of the sky."""


def sources_of(rng, number, *, slope, highest=50.0, size=0.0):
    """Return sources that a finder with a threshold sees through noise."""
    power = 1 - slope
    snr = (1 + rng.uniform(size=number) * (highest**power - 1)) ** (1 / power)
    measured = FLUX_SCALE * (snr + ERROR_SCALE * rng.normal(size=number))
    found = measured > THRESHOLD
    table = pd.DataFrame({"injected_snr": snr, "injected_flux": RMS * snr, "rms": RMS})
    table["shape"] = "extended" if size > 0 else "point"
    table = table.assign(found=found, blended=False, found_resolved=size > 0, e_found_flux=RMS * FLUX_SCALE)
    table["found_flux"] = np.where(found, RMS * measured, np.nan)
    table["flux_ratio"] = table["found_flux"] / table["injected_flux"]
    return table.assign(flux_pull=0.0, ra_pull=0.0, dec_pull=0.0)


def catalogue_of(sources):
    """Return the found ones as rows of a survey."""
    rows = sources[sources["found"]].rename(
        columns={"found_flux": "total_flux", "e_found_flux": "e_total_flux"}
    )
    return rows.assign(snr=rows["total_flux"] / rows["rms"], resolved=rows["found_resolved"])


@pytest.fixture(scope="module")
def sky():
    """The catalogue of a sky."""
    return catalogue_of(sources_of(np.random.default_rng(1), 100_000, slope=COUNTS_SLOPE, highest=1e4))


@pytest.fixture(scope="module")
def correction(sky):
    """The correction from fake sources with other counts."""
    injected = sources_of(np.random.default_rng(2), 40_000, slope=SLOPE)
    return calibrate_fluxes(injected, sky["snr"].to_numpy(), slope=SLOPE, finder="f")


def test_corrected_fluxes_are_right_on_average_and_so_are_their_errors(sky, correction):
    assert tuple(correction.columns) == COLUMNS
    assert correction["counts_slope"].iloc[0] == pytest.approx(COUNTS_SLOPE, abs=0.1)
    rows = sky.assign(**corrected_fluxes(sky, correction))
    for low, high in ((6, 7), (7, 9), (10, 20), (20, 35)):
        chosen = rows[rows["snr"].between(low, high) & (rows["flux_ratio"] <= 2)]
        assert len(chosen) > 300
        true = chosen["injected_flux"]
        assert chosen["total_flux"].sum() / true.sum() > 1.1
        assert chosen["corrected_total_flux"].sum() / true.sum() == pytest.approx(1, abs=0.02), (low, high)
        pulls = (chosen["corrected_total_flux"] - true) / chosen["e_corrected_total_flux"]
        assert np.diff(pulls.quantile([0.16, 0.84]))[0] / 2 == pytest.approx(1, abs=0.1), (low, high)


def test_completeness_of_a_row_is_that_of_its_true_flux(correction):
    rng = np.random.default_rng(3)
    rows = pd.DataFrame({"snr": [5.2, 8.0, 30.0], "resolved": False, "total_flux": 1.0, "e_total_flux": 0.1})
    for row in rows.assign(**corrected_fluxes(rows, correction)).itertuples():
        true = row.snr * row.corrected_total_flux
        known = (FLUX_SCALE * (true + ERROR_SCALE * rng.normal(size=20_000)) > THRESHOLD).mean()
        assert row.completeness == pytest.approx(known, abs=0.04)


def test_fluxes_above_those_of_the_fake_sources_stay_as_they_are(correction):
    rows = pd.DataFrame(
        {"snr": [45.0, 1e4], "resolved": False, "total_flux": [1.0, 2.0], "e_total_flux": 0.1}
    )
    values = corrected_fluxes(rows, correction)
    assert values["corrected_total_flux"].tolist() == [1.0, 2.0]
    assert (values["completeness"] > 0.99).all()
    assert values["e_corrected_total_flux"].to_numpy() == pytest.approx(0.15, rel=0.1)


def test_resolved_sources_are_corrected_by_extended_fake_sources_alone(sky, correction):
    rows = pd.DataFrame({"snr": 8.0, "resolved": [True, False], "total_flux": 1.0, "e_total_flux": 0.1})
    assert corrected_fluxes(rows, correction).isna().all(axis=1).tolist() == [True, False]
    rng = np.random.default_rng(4)
    points, extended = (sources_of(rng, 9000, slope=SLOPE, size=size) for size in (0.0, 2.0))
    extended["found_flux"] /= 2
    extended["flux_ratio"] /= 2
    both = calibrate_fluxes(pd.concat([points, extended]), sky["snr"].to_numpy(), slope=SLOPE, finder="f")
    fluxes = corrected_fluxes(rows, both)["corrected_total_flux"]
    assert fluxes[1] < 1 < fluxes[0]


def test_a_finder_that_never_tells_resolved_sources_has_one_correction_for_all(sky):
    rng = np.random.default_rng(4)
    both = pd.concat([sources_of(rng, 5000, slope=SLOPE, size=size) for size in (0.0, 2.0)])
    snr = sky["snr"].to_numpy()
    table = calibrate_fluxes(both.assign(found_resolved=False), snr, slope=SLOPE, finder="f")
    assert not table["resolved"].any() and table["n_injected"].sum() > 8000
    assert table["n_found"].sum() == calibrate_fluxes(both, snr, slope=SLOPE, finder="f")["n_found"].sum()


def test_bins_with_few_sources_take_the_nearest_value(sky):
    injected = sources_of(np.random.default_rng(5), 1500, slope=SLOPE)
    table = calibrate_fluxes(injected, sky["snr"].to_numpy(), slope=SLOPE, finder="f")
    few = table["n_found"] < LEAST_SOURCES
    assert few.any() and not few.all()
    assert table[["flux_factor", "error_factor", "completeness"]].notna().all(axis=None)
    first = table[~few].iloc[0]
    below = table[table["snr_low"] < first["snr_low"]]
    assert len(below) and (below["flux_factor"] == first["flux_factor"]).all()


def test_blends_and_detections_of_something_else_do_not_count(sky):
    injected = sources_of(np.random.default_rng(6), 5000, slope=SLOPE)
    snr = sky["snr"].to_numpy()
    expected = calibrate_fluxes(injected, snr, slope=SLOPE, finder="f")["n_found"].sum()
    worse = injected.assign(blended=np.arange(5000) % 2 == 0)
    assert calibrate_fluxes(worse, snr, slope=SLOPE, finder="f")["n_found"].sum() < 0.6 * expected
    worse = injected.assign(flux_ratio=3.0)
    assert calibrate_fluxes(worse, snr, slope=SLOPE, finder="f")["n_found"].sum() == 0


def test_doubles_tell_nothing_of_fluxes(sky):
    """Nor of the completeness of a row, which may be one of their two points."""
    points = sources_of(np.random.default_rng(8), 5000, slope=SLOPE)
    doubles = points.assign(shape="double", found_flux=points["found_flux"] / 2, found_resolved=True)
    snr = sky["snr"].to_numpy()
    tables = (
        calibrate_fluxes(one, snr, slope=SLOPE, finder="f") for one in (points, pd.concat([points, doubles]))
    )
    pd.testing.assert_frame_equal(*tables)


def test_without_fake_sources_or_without_a_slope_of_counts_nothing_fails():
    injected = sources_of(np.random.default_rng(7), 3000, slope=SLOPE)
    table = calibrate_fluxes(injected, np.zeros(0), slope=SLOPE, finder="f")
    assert (table["counts_slope"] == SLOPE).all()
    nothing = calibrate_fluxes(injected[:0], np.zeros(0), slope=SLOPE, finder="f")
    assert tuple(nothing.columns) == COLUMNS and nothing.empty
    rows = pd.DataFrame({"snr": [8.0, np.nan], "resolved": False, "total_flux": 1.0, "e_total_flux": 0.1})
    assert corrected_fluxes(rows, nothing).isna().all(axis=None)
    assert corrected_fluxes(rows, table).isna().all(axis=1).tolist() == [False, True]
    assert set(OF_SOURCES) <= set(injected.columns)
