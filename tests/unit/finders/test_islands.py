"""Islands that PyBDSF does not fit are sources, measured from their pixels."""

import numpy as np
import pytest
from bdsf import opts
from scipy.ndimage import label

from radiofind.catalogues.quality import FLUX_MISSING, LARGE_ISLAND, has_flag
from radiofind.finders.islands import THRESHOLDS, find_large_islands, measure_islands, number_islands
from radiofind.finders.pybdsf import FITTABLE_BEAM_AREAS, find_sources

WIDE = (150.0, 140.0, 3e-3, {"major": 36.0, "minor": 24.0, "angle_deg": 30.0})
"""9 by 6 beams at a peak SNR of 30: PyBDSF accepts no Gaussian of more than 25 areas of the beam."""
POINTS = [(40.0, 40.0, 5e-3), (260.0, 60.0, 3e-3), (60.0, 240.0, 2e-3)]


@pytest.fixture
def field(sky, fields_of):
    return fields_of(sky.make((300, 300), [*POINTS, WIDE]), rms=sky.rms)[0]


def test_what_is_assumed_of_pybdsf_is_what_it_does():
    defaults = {name: vars(opts.Opts)[name]._default for name in (*THRESHOLDS, "flag_maxsize_bm")}
    assert defaults == THRESHOLDS | {"flag_maxsize_bm": FITTABLE_BEAM_AREAS}


def total_flux(sky):
    """The flux of the wide source."""
    _, _, peak, shape = WIDE
    return peak * shape["major"] * shape["minor"] / sky.beam_pixels**2


def slow_large_islands(field, largest_beam_areas):
    """As `find_large_islands`, island by island."""
    snr = (field.pixels - field.mean) / field.rms
    islands, count = label(snr >= 3, np.ones((3, 3)))
    large = np.zeros(islands.shape, dtype=bool)
    for number in range(1, count + 1):
        inside = islands == number
        if inside.sum() > largest_beam_areas * field.beam_area_pixels and snr[inside].max() > 5:
            large |= inside
    return large


@pytest.mark.parametrize("largest_beam_areas", [0.2, 3, 50, 10_000])
def test_large_islands_are_those_of_the_obvious_search(field, largest_beam_areas):
    found = find_large_islands(field, {}, largest_beam_areas=largest_beam_areas)
    np.testing.assert_array_equal(found, slow_large_islands(field, largest_beam_areas))
    assert found.any() == (largest_beam_areas < 10_000)


def test_thresholds_are_those_of_pybdsf_and_none_is_no_limit(field):
    assert not find_large_islands(field, {}, largest_beam_areas=None).any()
    assert not find_large_islands(field, {"thresh_pix": 500.0}, largest_beam_areas=3).any()
    low, high = (
        find_large_islands(field, {"thresh_isl": one}, largest_beam_areas=3).sum() for one in (2.0, 4.0)
    )
    assert low > high > 0


def test_large_islands_get_the_next_numbers():
    large = np.array([[True, False, True], [False, False, True]])
    labels = np.array([[-1, 1, -1], [0, 1, -1]])
    assert number_islands(labels, large).tolist() == [[2, 1, 3], [0, 1, 3]]
    assert number_islands(np.empty((0, 0), dtype=int), large).tolist() == [[0, -1, 1], [-1, -1, 1]]


def test_moments_measure_a_gaussian(sky, field):
    labels = np.where(find_large_islands(field, {}, largest_beam_areas=25), 0, -1)
    (row,) = measure_islands(labels, [0], field).to_dict("records")
    assert (row["x"], row["y"]) == pytest.approx(WIDE[:2], abs=0.5)
    assert row["apparent_total_flux"] == pytest.approx(total_flux(sky), rel=0.12)  # a tenth is below 3 rms
    assert row["apparent_peak_flux"] == pytest.approx(WIDE[2], rel=0.1)
    assert row["position_angle"] == pytest.approx(30, abs=5)
    assert 0.75 < row["major"] / (36 * sky.pixel_arcsec) < 1
    assert row["dc_major"] < row["major"]
    assert measure_islands(labels, [], field).empty


def test_errors_of_moments_are_the_scatter(sky, fields_of):
    columns = ["x", "y", "apparent_total_flux", "e_ra", "e_dec", "e_apparent_total_flux"]
    rows = []
    for seed in range(40):
        (field,) = fields_of(sky.make((200, 200), [(100.0, 100.0, *WIDE[2:])], seed=seed), rms=sky.rms)
        # The same pixels each time: the errors do not count which pixels pass the threshold.
        x, y = np.meshgrid(np.arange(200), np.arange(200))
        labels = np.where(np.hypot(x - 100, y - 100) < 30, 0, -1)
        rows.append(measure_islands(labels, [0], field)[columns].to_numpy()[0])
    scatter, errors = np.std(rows, axis=0)[:3], np.mean(rows, axis=0)[3:]
    scatter[:2] *= sky.pixel_arcsec
    assert scatter / errors == pytest.approx([1, 1, 1], abs=0.35)


@pytest.mark.parametrize("largest_island_beam_areas", [None, 100])
def test_the_brightest_source_is_found_whether_pybdsf_sees_it_or_not(
    sky, field, pybdsf_in_process, largest_island_beam_areas
):
    """PyBDSF gives a wide Gaussian up; above the limit it does not even see it."""
    found = find_sources(
        field, finder="f", options={}, time_limit_s=100, largest_island_beam_areas=largest_island_beam_areas
    )
    table = found.detections.sort_values("apparent_total_flux", ascending=False)
    assert len(table) == len(POINTS) + 1
    assert has_flag(table["flags"], LARGE_ISLAND).tolist() == [True, False, False, False]
    assert table.iloc[0]["apparent_total_flux"] == pytest.approx(total_flux(sky), rel=0.12)
    assert (table.iloc[0]["n_components"], table.iloc[0]["resolved"]) == (0, True)
    assert table.iloc[0]["island_id"] == table.iloc[0]["source_id"]
    assert set(found.components["source_id"]) == set(table["source_id"].iloc[1:])


def test_a_fit_that_misses_most_of_its_island_says_so(sky, fields_of, pybdsf_in_process):
    """A bright point on a wide source: PyBDSF fits the point and gives the rest up."""
    (field,) = fields_of(sky.make((300, 300), [*POINTS, WIDE, (150.0, 140.0, 2e-2)]), rms=sky.rms)
    table = find_sources(field, finder="f", options={}, time_limit_s=100).detections
    missing = table[has_flag(table["flags"], FLUX_MISSING)]
    assert len(missing) == 1 and missing.iloc[0]["apparent_peak_flux"] > 1e-2
    assert missing.iloc[0]["apparent_total_flux"] < total_flux(sky) / 2
