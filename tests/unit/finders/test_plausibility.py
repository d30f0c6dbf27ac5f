"""A catalogue that contradicts its own image gives warnings; good ones of any finder do not."""

import logging
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from radiofind.catalogues.columns import APPARENT
from radiofind.catalogues.detections import Found, complete, give_up
from radiofind.finders.fitting import measure_sources
from radiofind.finders.peaks import find_peaks
from radiofind.finders.plausibility import LEAST_SOURCES, check
from radiofind.finders.pybdsf import find_sources

pytestmark = pytest.mark.slow

SIDE = 260
SUM, HEIGHT, SIZES = "total fluxes", "median source", "quartile"
GAUSSIANS, CROWDING = "Gaussians", "sources per beam"
"""Key words of the warnings."""


def sources_of(n, *, extended=0.0, seed=1):
    """Sources on a grid that keeps them apart, of 6 to 200 times the noise."""
    rng = np.random.default_rng(seed)
    places = 15 + 28 * np.array(np.unravel_index(rng.permutation(81)[:n], (9, 9))).T
    for y, x in places + rng.uniform(-3, 3, places.shape):
        peak = 1e-4 * 6 * (1 - 0.99 * rng.random()) ** -0.75
        large = {"major": rng.uniform(6, 12), "minor": rng.uniform(4, 6), "angle_deg": rng.uniform(0, 180)}
        yield x, y, peak, large if rng.random() < extended else {}


@pytest.fixture
def field_of(sky, fields_of):
    """A function that returns a sky in one tile."""

    def build(sources, *, shape=(SIDE, SIDE), seed=1, **cards):
        (field,) = fields_of(sky.make(shape, sources, seed=seed), rms=sky.rms, **cards)
        return field

    return build


@pytest.fixture
def field(field_of):
    return field_of(list(sources_of(70)))


def fitted(field, threshold=4.0):
    """Return the result of a finder that fits sources: positions, fluxes and sizes."""
    peaks = find_peaks(field, finder="net", threshold=threshold).detections
    measured = measure_sources(field, peaks["x"].to_numpy(), peaks["y"].to_numpy())
    return Found(complete(measured, sky=field, finder="net"))


def with_columns(found, **columns):
    return replace(found, detections=found.detections.assign(**columns))


def times(found, factor, *columns):
    return with_columns(found, **{column: found.detections[column] * factor for column in columns})


def numbers_of(found, field):
    """Return the numbers in each warning by its key word: the value, then the normal range."""
    numbers = {}
    for warning in check(found, field).warnings:
        (word,) = (word for word in (SUM, HEIGHT, SIZES, GAUSSIANS, CROWDING) if word in warning)
        numbers[word] = [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", warning)]
    return numbers


@pytest.mark.parametrize("extended", [0.0, 0.5])
@pytest.mark.parametrize(("n", "seed"), [(70, 1), (70, 2), (14, 3), (3, 4), (0, 5)])
def test_good_catalogues_give_no_warnings(field_of, n, seed, extended):
    field = field_of(list(sources_of(n, extended=extended, seed=seed)), seed=seed)
    for found in (find_peaks(field, finder="p", threshold=3.0), fitted(field), fitted(field, 3.0)):
        assert check(found, field).warnings == ()


def test_a_good_catalogue_of_pybdsf_gives_no_warnings(field, pybdsf_in_process):
    found = searched(field)
    assert len(found.detections) > 50
    assert check(found, field).warnings == ()


def searched(field):
    options = {"thresh_pix": 5.0, "thresh_isl": 3.0}
    return find_sources(field, finder="pybdsf", options=options, time_limit_s=100)


@pytest.mark.filterwarnings("ignore:Number of calls")
def test_a_beam_seven_times_too_narrow_gives_a_warning_with_pybdsf(field_of, sky, pybdsf_in_process):
    """PyBDSF does not fail: it fits several Gaussians to each point source, or finds hardly any."""
    narrow = sky.beam_pixels * sky.pixel_arcsec / 7 / 3600
    field = field_of(list(sources_of(70)), BMAJ=narrow, BMIN=narrow)
    found = searched(field)
    assert not found.failed
    assert {SUM, GAUSSIANS} & set(numbers_of(found, field))


@pytest.mark.parametrize("factor", [3, 53])
def test_total_fluxes_above_those_of_the_image_give_a_warning(field, factor, caplog):
    for found in (fitted(field), find_peaks(field, finder="p", threshold=4.0)):
        wrong = times(found, factor, "apparent_total_flux")
        numbers = numbers_of(wrong, field)
        assert list(numbers) == [SUM, SIZES]
        assert factor * 0.9 < numbers[SUM][0] < factor * 1.3
    assert re.search(f"WARNING .*y000x000.*{SUM}", caplog.text)


def test_a_warning_gives_the_value_and_the_normal_range(field):
    found = fitted(field)
    single = replace(found, detections=found.detections.assign(n_components=2))
    numbers = numbers_of(times(single, 53, "apparent_total_flux"), field)
    value, *normal = numbers.pop(SUM)
    assert 45 < value < 75 and normal == [0.3, 2.5]
    assert numbers == {}


def test_total_fluxes_below_those_of_the_image_give_a_warning(field):
    low = times(fitted(field), 0.2, "apparent_total_flux", "apparent_peak_flux")
    assert 0.2 <= numbers_of(low, field)[SUM][0] < 0.3


def test_fluxes_of_point_sources_may_miss_extended_emission(field_of):
    """The peaks finder gives fluxes of point sources."""
    large = {"major": 16.0, "minor": 14.0}
    sources = [(30 + 40 * x, 30 + 40 * y, 4e-3, large) for x in range(6) for y in range(6)]
    field = field_of(sources)
    peaks = find_peaks(field, finder="p", threshold=5.0)
    assert check(peaks, field).warnings == ()
    with_sizes = with_columns(peaks, major=8.0)
    assert list(numbers_of(with_sizes, field)) == [SUM]


def test_sources_missing_in_the_catalogue_give_a_warning(field):
    numbers = numbers_of(Found(reason="no source found"), field)
    assert list(numbers) == [SUM] and numbers[SUM][0] == 0
    found = fitted(field)
    assert SUM in numbers_of(replace(found, detections=found.detections.iloc[:2]), field)


def test_wrong_positions_give_a_warning(field):
    found = fitted(field)
    numbers = numbers_of(with_columns(found, x=found.detections["x"] - 12), field)
    assert list(numbers) == [HEIGHT] and abs(numbers[HEIGHT][0]) < 0.2


def test_a_wrong_unit_gives_a_warning(field):
    milli = times(fitted(field), 1e3, "apparent_total_flux", "apparent_peak_flux", "peak_snr")
    assert 0 <= numbers_of(milli, field)[HEIGHT][0] < 1


@pytest.mark.parametrize("factor", [0.4, 4])
def test_sources_that_all_differ_from_the_beam_give_a_warning(field, factor):
    single = times(fitted(field), factor, "apparent_total_flux")
    assert SIZES in numbers_of(single, field)


def test_some_wide_sources_give_no_warning_about_sizes(field):
    found = fitted(field)
    bright = found.detections["peak_snr"] >= 10
    some = found.detections.index.isin(found.detections.index[bright][::2])
    totals = found.detections["apparent_total_flux"] * np.where(some, 4, 1)
    assert SIZES not in numbers_of(with_columns(found, apparent_total_flux=totals), field)


def test_many_gaussians_per_source_give_a_warning(field):
    found = fitted(field)
    assert numbers_of(with_columns(found, n_components=3), field) == {GAUSSIANS: [3, 2]}
    assert numbers_of(with_columns(found, n_components=2), field) == {}
    a_few = np.where(np.arange(len(found.detections)) % 3 == 0, 50, 1)
    assert numbers_of(with_columns(found, n_components=a_few), field) == {}
    assert numbers_of(with_columns(found, n_components=0), field) == {}


def test_more_sources_than_beams_give_a_warning(field, sky):
    beams = SIDE**2 / (np.pi / (4 * np.log(2)) * sky.beam_pixels**2)
    rng = np.random.default_rng(1)
    for per_beam, expected in ((0.9, None), (1.2, [1.2, 1])):
        n = int(per_beam * beams)
        places = {"x": rng.uniform(0, SIDE - 1, n), "y": rng.uniform(0, SIDE - 1, n)}
        fluxes = dict.fromkeys(APPARENT.values(), sky.rms) | {"e_ra": 1.0, "e_dec": 1.0}
        faint = complete(pd.DataFrame({**places, **fluxes}), sky=field, finder="net")
        both = Found(pd.concat([fitted(field).detections, faint], ignore_index=True))
        assert numbers_of(both, field).get(CROWDING) == expected


def test_few_sources_give_no_warnings(field_of):
    field = field_of(list(sources_of(LEAST_SOURCES - 2, seed=6)))
    few = fitted(field, 5.0)
    assert 3 < len(few.detections) < LEAST_SOURCES
    wrong = with_columns(times(few, 53, "apparent_total_flux"), n_components=9)
    assert check(wrong, field).warnings == ()
    assert check(Found(reason="no source found"), field).warnings == ()


def test_tiles_that_were_not_searched_give_no_warnings(field):
    crashed = give_up("PyBDSF crashed")
    assert check(crashed, field) is crashed
    skipped = Found(reason="constant")
    assert check(skipped, replace(field, pixels=np.ones_like(field.pixels))) is skipped


def test_missing_measurements_and_blank_pixels_are_ignored(field):
    found, pixels, rms = fitted(field), field.pixels.copy(), field.rms.copy()
    pixels[:90], rms[:90] = np.nan, np.nan
    blanked = replace(field, pixels=pixels, rms=rms)
    assert check(found, blanked).warnings == ()
    for columns in (["apparent_total_flux"], ["apparent_peak_flux"], ["peak_snr"], ["major", "minor"]):
        unknown = with_columns(found, **dict.fromkeys(columns, np.nan))
        assert not any("nan" in warning for warning in check(unknown, field).warnings)
    alone = numbers_of(with_columns(found, apparent_total_flux=np.nan, peak_snr=np.nan), field)
    assert list(alone) == [SUM] and alone[SUM][0] == 0


def test_sources_beyond_the_tile_do_not_count(field):
    found = fitted(field)
    beyond = found.detections.assign(x=found.detections["x"] + 10 * SIDE, apparent_total_flux=9.0)
    both = Found(pd.concat([found.detections, beyond], ignore_index=True))
    assert check(both, field).warnings == ()


def test_warnings_are_kept_with_the_table(field):
    wrong = times(fitted(field), 53, "apparent_total_flux")
    found = check(wrong, field)
    assert found.told == {"reason": "", "failed": False, "warnings": found.warnings}
    assert found.detections is wrong.detections and found.components is wrong.components
    assert check(wrong, field).warnings == found.warnings


def test_good_catalogues_log_nothing(field, caplog):
    caplog.set_level(logging.INFO)
    check(fitted(field), field)
    assert "plausibility" not in caplog.text
