"""Sources are the peaks of the probability map, and the map does not depend on the tile."""

import json
from dataclasses import asdict, replace

import keras
import numpy as np
import pandas as pd
import pytest

from radiofind.catalogues.columns import DETECTION
from radiofind.finders.convosource import architectures
from radiofind.finders.convosource.binning import Grid
from radiofind.finders.convosource.inference import predictor_of
from radiofind.finders.convosource.model import TrainedModel
from radiofind.finders.convosource.recipes import RECIPES
from radiofind.finders.convosource.search import find_sources, map_tile, peaks_of, spread_over, start_model
from radiofind.mosaics.box import Box
from radiofind.networks.calibration import Calibration, calibrate

IDENTITY = Calibration(a=1.0, b=1.0, c=0.0, n_detections=0, n_matched=0)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

SOURCES = [(40.3, 30.6, 2e-3), (150.0, 200.5, 1e-3), (260.7, 90.2, 8e-4), (222.5, 150.0, 3e-3)]


def bright(inputs):
    """Return probabilities near 1 for pixels above SNR 7, like a network without weights."""
    return 1 / (1 + np.exp(6 * (np.arcsinh(3.5) - inputs)))


def model_of(recipe="default", predict=bright, *, turns=1, calibration=None, flux_scale=1.0):
    return TrainedModel(
        predict=predict,
        recipe=RECIPES[recipe],
        pixels_per_beam=4.0,
        turns=turns,
        train_snr=2.0,
        flux_scale=flux_scale,
        calibration=calibration or IDENTITY,
    )


def trained_on_nothing(recipe, monkeypatch):
    """A network with fewer channels and random weights, whose probabilities range from 0 to 1."""
    monkeypatch.setattr(architectures, "WIDTH", 8)
    network = RECIPES[recipe].build()
    kernel, bias = network.layers[-2].get_weights()
    network.layers[-2].set_weights([3 * kernel, np.zeros_like(bias)])
    return predictor_of(network)


@pytest.mark.parametrize(
    ("recipe", "turns", "binned"),
    [("paper", 1, 1), ("default", 1, 1), ("default", 8, 1), ("default", 1, 2), ("deepsource", 1, 1)],
)
def test_the_map_of_a_mosaic_is_the_same_however_it_is_tiled(
    sky, fields_of, monkeypatch, recipe, turns, binned
):
    pixels = sky.make((163, 141), [(x / 2, y / 2, peak) for x, y, peak in SOURCES])
    pixels[70:90, 20:50] = np.nan
    pixels *= 1e-2 if recipe == "paper" else 1
    beam = dict.fromkeys(("BMAJ", "BMIN"), binned * sky.beam_pixels * sky.pixel_arcsec / 3600)
    model = model_of(recipe, trained_on_nothing(recipe, monkeypatch), turns=turns)
    (whole,) = fields_of(pixels, **beam)
    wanted = spread_over(whole.tile.core, *map_tile(whole, model=model))
    assert np.nanmax(wanted) - np.nanmin(wanted[wanted > 0]) > 0.3
    tiles = fields_of(pixels, core_pixels=50, halo_pixels=31, **beam)
    assert len(tiles) == 9
    for tile in tiles:
        core = tile.tile.core
        found = spread_over(core, *map_tile(tile, model=model))
        np.testing.assert_allclose(found, wanted[core.slices], atol=1e-5)


def test_blank_pixels_and_pixels_without_noise_hold_no_source(sky, fields_of):
    pixels = sky.make((120, 120))
    pixels[:40] = np.nan
    (field,) = fields_of(pixels)
    rms = field.rms.copy()
    rms[100:, :50] = 0
    probability, grid = map_tile(replace(field, rms=rms), model=model_of())
    assert grid == Grid(1, 0, 0)
    blank = np.zeros((120, 120), dtype=bool)
    blank[:40], blank[100:, :50] = True, True
    np.testing.assert_array_equal(probability == 0, blank)


def test_a_slope_towards_blank_pixels_or_the_edge_is_no_source(sky, fields_of):
    """The source at x = 40 is cut by a blank corner, that at y = 0 by the edge of the mosaic."""
    sources = [(40.0, 40.0, 3e-3), (90.0, 0.0, 3e-3), (90.0, 90.0, 3e-3)]
    pixels = sky.make((120, 120), sources)
    rows, columns = np.indices(pixels.shape)
    pixels[rows + columns <= 81] = np.nan
    (field,) = fields_of(pixels)
    probability, _grid = map_tile(field, model=model_of())
    assert len(peaks_of(probability)) > 1
    found = find_sources(field, model=model_of(), finder="net", lowest_score=0.05).detections
    assert found[["x", "y"]].round().to_numpy().tolist() == [[90, 90]]


def test_sources_are_found_where_they_are_with_their_flux(sky, fields_of):
    (field,) = fields_of(sky.make((300, 300), SOURCES))
    found = find_sources(field, model=model_of(), finder="net", lowest_score=0.5).detections
    assert list(found.columns) == [column.name for column in DETECTION]
    assert set(found["finder"]) == {"net"}
    assert len(found) == len(SOURCES)
    for x, y, peak in SOURCES:
        (one,) = found[np.hypot(found["x"] - x, found["y"] - y) < 0.7].itertuples()
        assert one.peak_flux == pytest.approx(peak, rel=0.25)
        assert one.score > 0.5


def test_detections_do_not_depend_on_the_tile(sky, fields_of):
    pixels = sky.make((300, 300), SOURCES)

    def rows(fields):
        parts = []
        for field in fields:
            found = find_sources(field, model=model_of(), finder="net", lowest_score=0.05).detections
            parts.append(found[field.tile.core.holds(found["x"], found["y"])])
        return pd.concat(parts).sort_values(["x", "y"], ignore_index=True)

    whole, parts = rows(fields_of(pixels)), rows(fields_of(pixels, core_pixels=150, halo_pixels=50))
    assert len(whole) >= len(SOURCES)
    for column, tolerance in [("x", 1e-3), ("y", 1e-3), ("score", 1e-5)]:
        np.testing.assert_allclose(parts[column], whole[column], atol=tolerance)


def test_scores_are_calibrated_and_the_low_ones_are_left_out(sky, fields_of):
    (field,) = fields_of(sky.make((300, 300), SOURCES))
    calibration = replace(IDENTITY, a=0.5, b=0.5, c=-1.0)
    raw = find_sources(field, model=model_of(), finder="net", lowest_score=0.0).detections
    model = model_of(calibration=calibration)
    scored = find_sources(field, model=model, finder="net", lowest_score=0.0).detections
    np.testing.assert_allclose(scored["score"], calibrate(calibration, raw["score"].to_numpy()), rtol=1e-6)
    limit = scored["score"].median()
    kept = find_sources(field, model=model, finder="net", lowest_score=limit).detections
    assert 0 < len(kept) < len(scored)
    assert sorted(kept["score"]) == sorted(scored["score"][scored["score"] >= limit])


def test_total_fluxes_are_those_of_the_image_unless_the_scale_of_the_truth_is_asked_for(sky, fields_of):
    (field,) = fields_of(sky.make((300, 300), SOURCES))
    model = model_of(flux_scale=0.8)
    plain, image, truth = (
        find_sources(field, model=model, finder="net", lowest_score=0.5, **option).detections
        for option in ({}, {"flux_scale": "image"}, {"flux_scale": "truth"})
    )
    pd.testing.assert_frame_equal(plain, image)
    totals = ["total_flux", "apparent_total_flux", "e_total_flux", "e_apparent_total_flux", "snr"]
    np.testing.assert_allclose(truth[totals], image[totals] / 0.8)
    pd.testing.assert_frame_equal(truth.drop(columns=totals), image.drop(columns=totals))


def test_a_tile_without_sources_or_sky_gives_no_rows_and_a_reason(sky, fields_of):
    pixels = sky.make((120, 120))
    for image, reason in [(pixels, "no source found"), (np.full_like(pixels, np.nan), "blank")]:
        (field,) = fields_of(image)
        found = find_sources(field, model=model_of(), finder="net", lowest_score=0.5)
        assert (len(found.detections), found.reason) == (0, reason)
        assert list(found.detections.columns) == [column.name for column in DETECTION]


def test_an_image_with_another_beam_is_refused(sky, fields_of):
    (field,) = fields_of(sky.make((120, 120)), BMAJ=12 / 3600, BMIN=12 / 3600)
    with pytest.raises(ValueError, match=r"beam.*4\.00"):
        find_sources(field, model=model_of(), finder="net", lowest_score=0.5)


def slow_peaks(probability):
    """Pixels above all later neighbours and not below the earlier ones, in the order of the rows."""
    padded = np.pad(probability, 1, constant_values=-1)
    for row, column in np.ndindex(probability.shape):
        around = padded[row : row + 3, column : column + 3].ravel()
        if around[4] > 0.01 and (around[4] >= around[:4]).all() and (around[4] > around[5:]).all():
            yield row, column


def test_peaks_are_the_local_maxima_also_of_maps_with_equal_pixels():
    rng = np.random.default_rng(1)
    for probability in (rng.random((20, 30)), rng.integers(4, size=(30, 20)) / 4):
        found = peaks_of(probability)
        rows, columns = np.rint(found["y"]).astype(int), np.rint(found["x"]).astype(int)
        peaks = [*slow_peaks(probability)]
        assert len(found) == len(peaks)
        for row, column, wanted in zip(rows, columns, peaks, strict=True):
            assert np.abs([row - wanted[0], column - wanted[1]]).max() <= 1
        np.testing.assert_array_equal(found["probability"], [probability[peak] for peak in peaks])


def test_a_plateau_and_the_corners_are_peaks_once():
    probability = np.zeros((9, 9))
    probability[0, 0] = probability[8, 8] = 0.5
    probability[3:5, 3:6] = 1.0
    found = peaks_of(probability)
    assert len(found) == 3
    assert found["x"].between(-0.5, 8.5).all()


def test_an_empty_or_constant_map_has_no_peaks():
    for level in (0.0, 0.005):
        assert len(peaks_of(np.full((10, 10), level))) == 0
    assert list(peaks_of(np.zeros((5, 5))).columns) == ["x", "y", "probability"]


@pytest.mark.parametrize("centre", [(12.0, 9.0), (12.4, 9.3), (20.45, 14.55)])
def test_positions_of_peaks_are_finer_than_a_pixel(centre):
    (peak,) = peaks_of(blob_at(*centre)).itertuples()
    np.testing.assert_allclose((peak.x, peak.y), centre, atol=1e-3)


def test_a_peak_at_the_edge_stays_in_the_map():
    (peak,) = peaks_of(blob_at(0.2, 29.3)).itertuples()
    assert (peak.x, peak.y) == (0, 29)
    (peak,) = peaks_of(blob_at(39.1, 12.3)).itertuples()
    assert peak.x == 39
    assert peak.y == pytest.approx(12.3, abs=1e-3)


def blob_at(centre_x, centre_y):
    """A map of 30 rows and 40 columns with one source."""
    y, x = np.indices((30, 40))
    return 0.9 * np.exp(-((x - centre_x) ** 2 + (y - centre_y) ** 2) / 2)


def test_bins_are_spread_over_their_pixels_and_pixels_beyond_are_blank():
    probability = np.arange(6, dtype=np.float32).reshape(2, 3)
    spread = spread_over(Box(x0=5, x1=14, y0=2, y1=7), probability, Grid(factor=2, x0=6, y0=2))
    row = [np.nan, 0, 0, 1, 1, 2, 2, np.nan, np.nan]
    below = [value + 3 for value in row]
    np.testing.assert_array_equal(spread, [row, row, below, below, [np.nan] * 9])


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A small network and the record of its training, for truth above SNR 2."""
    monkeypatch.setattr(architectures, "WIDTH", 4)
    RECIPES["default"].build().save(tmp_path / "a.keras")
    record = {"recipe": "default", "input_scaling": "asinh_of_snr", "keras": keras.__version__, "turns": 8}
    record |= {"pixels_per_beam": 3.5, "calibration": asdict(replace(IDENTITY, c=0.5))}
    record |= {"train_snr": 2.0, "flux_scale": 0.9}
    (tmp_path / "a.json").write_text(json.dumps(record))
    return tmp_path / "a.keras", tmp_path / "a.json"


def test_a_model_trained_for_another_snr_is_refused(files):
    with pytest.raises(ValueError, match=r"a\.json: .*train_snr.*\b2\b.*\b5\b"):
        start_model(*files, train_snr=5, precision="float32", threads=1)


def test_a_model_is_read_in_the_precision_asked_for(files):
    inputs = np.random.default_rng(1).normal(size=(1, 9, 9, 1)).astype("float32")
    found = {}
    for precision in ("float32", "bfloat16"):
        model = start_model(*files, train_snr=2, precision=precision, threads=1)
        assert (model.pixels_per_beam, model.turns, model.calibration.c) == (3.5, 8, 0.5)
        assert (model.train_snr, model.flux_scale) == (2, 0.9)
        found[precision] = model.predict(inputs)
    assert 0 < np.abs(found["float32"] - found["bfloat16"]).max() < 0.02


def test_a_halo_narrower_than_the_receptive_field_is_refused(sky, fields_of):
    tile, *_others = fields_of(sky.make((120, 120)), core_pixels=60, halo_pixels=10)
    with pytest.raises(ValueError, match=r"tiling\.halo_pixels.*\b14\b.*\b10\b"):
        map_tile(tile, model=model_of())


def test_a_mosaic_of_one_tile_needs_no_halo(sky, fields_of):
    (tile,) = fields_of(sky.make((60, 60)), core_pixels=100, halo_pixels=0)
    map_tile(tile, model=model_of())
