"""The noise map agrees with a slow version and with PyBDSF, and does not depend on the tile."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.stats import SigmaClip

from radiofind.mosaics.box import Box
from radiofind.mosaics.clipping import clipped_statistics
from radiofind.mosaics.images import read_header, read_pixels
from radiofind.mosaics.noise import NoiseSettings, measure_noise, noise_settings
from radiofind.mosaics.noise_lattice import Lattice

SETTINGS = NoiseSettings(Lattice(60, 25))
BRIGHT = NoiseSettings(Lattice(60, 25), bright=Lattice(20, 10), bright_threshold=20)
QUARTILES = 1.3489795


def quartile_scale(values, axis=None):
    lower, upper = np.nanpercentile(values, [25, 75], axis=axis)
    return (upper - lower) / QUARTILES


CLIPPER = SigmaClip(sigma=3, maxiters=5, cenfunc="median", stdfunc=quartile_scale)


def slow_node(pixels, x, y, side):
    """Median and rms of a box around a node, with astropy's clipping."""
    low_y, low_x = y - side // 2, x - side // 2
    box = pixels[max(low_y, 0) : max(low_y + side, 0), max(low_x, 0) : max(low_x + side, 0)]
    values = box[np.isfinite(box)].astype(float)
    if len(values) < side * side / 16:
        return np.nan, np.nan
    kept = CLIPPER(values, masked=False)
    return np.median(kept), np.std(kept)


def slow_quiet_surroundings(pixels, x, y, side):
    """Median mean and rms of the quiet ones among the boxes side by side around a node."""
    centres = [
        (column, row)
        for column in range(-10 * side, 20 * side, side)
        for row in range(-10 * side, 20 * side, side)
        if max(abs(column - x), abs(row - y)) <= 2 * side
    ]
    boxes = [slow_node(pixels, column, row, side) for column, row in centres]
    boxes = [(mean, rms) for mean, rms in boxes if np.isfinite(rms)]
    lowest = sorted(rms for _mean, rms in boxes)[int(0.2 * (len(boxes) - 1))]
    quiet = [box for box in boxes if box[1] <= 1.3 * lowest]
    return [sorted(values)[(len(quiet) - 1) // 2] for values in zip(*quiet, strict=True)]


def slow_node_without_emission(pixels, x, y, side):
    """Median and rms of a box around a node, or those without the emission that covers it."""
    mean, rms = slow_node(pixels, x, y, side)
    if np.isnan(rms):
        return mean, rms
    quiet_mean, quiet_rms = slow_quiet_surroundings(pixels, x, y, side)
    low_y, low_x = y - side // 2, x - side // 2
    box = pixels[max(low_y, 0) : max(low_y + side, 0), max(low_x, 0) : max(low_x + side, 0)] - quiet_mean
    below = box[np.isfinite(box) & (box < 0)].astype(float)
    if len(below) >= side * side / 16:
        kept = CLIPPER(np.append(below, -below), masked=False)
        quiet_rms = max(quiet_rms, np.std(kept))
    return (quiet_mean, quiet_rms) if rms > 1.3 * quiet_rms else (mean, rms)


def slow_noise(pixels, lattice):
    """Interpolate between the finite nodes around each pixel, one pixel at a time."""
    step, (rows, columns) = lattice.step_pixels, pixels.shape
    nodes = {
        (row, column): np.array(
            slow_node_without_emission(pixels, column * step, row * step, lattice.box_pixels)
        )
        for row in range((rows - 1) // step + 2)
        for column in range((columns - 1) // step + 2)
    }
    maps = np.full((2, rows, columns), np.nan)
    for y, x in np.ndindex(rows, columns):
        total, weight = np.zeros(2), 0
        for row in (y // step, y // step + 1):
            for column in (x // step, x // step + 1):
                share = (1 - abs(row - y / step)) * (1 - abs(column - x / step))
                if np.isfinite(nodes[row, column]).all() and share > 0:
                    total, weight = total + share * nodes[row, column], weight + share
        maps[:, y, x] = total / weight if weight else np.nan
    return maps


def measured(pixels, settings):
    """The noise of all pixels at once."""
    box = Box(0, pixels.shape[1], 0, pixels.shape[0])
    return measure_noise(pixels, support=box, target=box, settings=settings)


def whole(pixels, settings):
    """The maps of mean and rms of all pixels at once."""
    noise = measured(pixels, settings)
    return np.array([noise.mean, noise.rms])


@pytest.fixture
def pixels(sky):
    """A mosaic with bright and faint sources, one of them large, blank regions and one infinity."""
    rng = np.random.default_rng(7)
    sources = [(x, y, 10**f) for x, y, f in rng.uniform([0, 0, -3.5], [230, 190, -1], (40, 3))]
    sources.append((60, 40, 0.03, {"major": 40}))
    pixels = sky.make((190, 230), sources) * np.linspace(1, 3, 230, dtype=np.float32)
    pixels[:90, 150:] = np.nan
    pixels[150:, :20] = np.nan
    pixels[100:103, 100] = np.nan
    pixels[60, 60] = np.inf
    return pixels


@pytest.mark.slow
def test_the_map_is_that_of_a_slow_version_with_astropy(pixels):
    fast, slow = whole(pixels, SETTINGS), slow_noise(pixels, SETTINGS.lattice)
    assert np.array_equal(np.isnan(fast), np.isnan(slow))
    assert np.isnan(fast).any()
    assert fast[1] == pytest.approx(slow[1], rel=1e-5, nan_ok=True)
    assert fast[0] == pytest.approx(slow[0], abs=1e-5 * np.nanmedian(slow[1]), nan_ok=True)


@pytest.mark.parametrize("values", ["normal", "skew", "few", "equal", "mostly_equal", "quantised"])
def test_the_clipping_is_that_of_astropy(values):
    rng = np.random.default_rng(8)
    sets = {
        "normal": rng.normal(size=400),
        "skew": rng.lognormal(sigma=2, size=400),
        "few": np.append(rng.normal(size=30), np.full(370, np.nan)),
        "equal": np.full(400, 0.3),
        "mostly_equal": np.append(np.full(300, 0.3), rng.normal(size=100)),
        "quantised": rng.integers(-3, 4, 400),
    }
    row = sets[values].astype(np.float32)
    kept = CLIPPER(row[np.isfinite(row)].astype(float), masked=False)
    median, rms = clipped_statistics(row[np.newaxis])
    assert median == pytest.approx([np.median(kept)])
    assert rms == pytest.approx([np.std(kept)], abs=1e-9)


@pytest.mark.parametrize("settings", [SETTINGS, BRIGHT, NoiseSettings(Lattice(31, 7), zero_mean=True)])
def test_the_map_does_not_depend_on_the_tile(pixels, settings):
    rng = np.random.default_rng(9)
    everything = measured(pixels, settings)
    assert np.isfinite(everything.rms).any() and len(everything.covered)
    for _ in range(25):
        x0, y0 = rng.integers([0, 0], [220, 180])
        target = Box(x0, x0 + rng.integers(1, 231 - x0), y0, y0 + rng.integers(1, 191 - y0))
        support = target.grown(settings.reach_pixels, pixels.shape)
        part = measure_noise(pixels[support.slices], support=support, target=target, settings=settings)
        assert np.array_equal(part.mean, everything.mean[target.slices], equal_nan=True)
        assert np.array_equal(part.rms, everything.rms[target.slices], equal_nan=True)
        inside = everything.covered[target.holds(*everything.covered.T)]
        assert np.array_equal(np.unique(part.covered, axis=0), np.unique(inside, axis=0))


@pytest.mark.parametrize("settings", [SETTINGS, BRIGHT])
def test_no_pixel_beyond_the_reach_matters(pixels, settings):
    target = Box(100, 110, 95, 104)
    support = target.grown(settings.reach_pixels, pixels.shape)
    changed = np.full_like(pixels, 1e3)
    changed[support.slices] = pixels[support.slices]
    assert np.array_equal(
        whole(changed, settings)[:, *target.slices], whole(pixels, settings)[:, *target.slices]
    )


def test_gaussian_noise_comes_back(sky):
    pixels = sky.make((300, 300), [(100.0, 100, 1.0), (200.3, 250, 0.1)]) + np.float32(5e-4)
    mean, rms = whole(pixels, NoiseSettings(Lattice(150, 50)))
    assert np.median(rms) == pytest.approx(sky.rms, rel=0.03)
    assert rms == pytest.approx(np.full_like(rms, sky.rms), rel=0.2)
    assert mean == pytest.approx(np.full_like(mean, 5e-4), abs=0.3 * sky.rms)


@pytest.mark.parametrize("settings", [SETTINGS, BRIGHT])
@pytest.mark.parametrize("size", [40, 60])
def test_a_source_larger_than_the_boxes_does_not_raise_the_noise(sky, settings, size):
    rms = sky.rms
    pixels = sky.make((600, 600), [(310, 290, 300 * rms, {"major": size})])
    noise = measured(pixels, settings)
    error = np.abs(noise.rms / rms - 1)
    assert np.median(error) < 0.05 and np.quantile(error, 0.99) < 0.3 and error.max() < 1.5
    assert (pixels - noise.mean)[290, 310] > 200 * noise.rms[290, 310]
    distance = np.hypot(*(noise.covered - [310, 290]).T)
    assert len(distance) and distance.max() < 1.5 * size + 45


def test_noise_that_is_higher_at_one_place_stays_so(sky):
    """There is as much below the mean as above it: no emission."""
    pixels = sky.make((600, 600))
    pixels[200:400, 200:400] *= 5
    noise = measured(pixels, SETTINGS)
    assert not len(noise.covered)
    assert noise.rms[250:350, 250:350] == pytest.approx(np.full((100, 100), 5 * sky.rms), rel=0.3)


def test_a_covered_node_keeps_the_artefacts_around_its_source(sky):
    pixels = sky.make((600, 600))
    pixels[200:400, 200:400] *= 3
    pixels += sky.make((600, 600), [(300, 300, 1000 * sky.rms, {"major": 30})], rms=0)
    noise = measured(pixels, NoiseSettings(Lattice(90, 30)))
    assert len(noise.covered)
    assert noise.rms[280:320, 280:320] == pytest.approx(np.full((40, 40), 3 * sky.rms), rel=0.3)


def test_the_finer_lattice_is_used_near_bright_sources_only(sky):
    pixels = sky.make((300, 300), [(100, 100, 100 * sky.rms)])
    ring = np.hypot(*(np.indices(pixels.shape) - 100)) < 12
    pixels[ring] += np.random.default_rng(1).normal(scale=10 * sky.rms, size=np.count_nonzero(ring))
    coarse, fine = whole(pixels, SETTINGS)[1], whole(pixels, BRIGHT)[1]
    assert fine[100, 100] > 3 * coarse[100, 100]
    changed = np.argwhere(fine != coarse)
    reach = BRIGHT.lattice.box_pixels // 2 + BRIGHT.bright.step_pixels + 12
    assert len(changed) > 0
    assert np.abs(changed - 100).max() <= reach
    assert np.array_equal(whole(pixels, NoiseSettings(SETTINGS.lattice, BRIGHT.bright, 1e9))[1], coarse)


def test_the_mean_may_be_set_to_zero(pixels):
    mean, rms = whole(pixels, NoiseSettings(SETTINGS.lattice, zero_mean=True))
    assert np.array_equal(rms, whole(pixels, SETTINGS)[1], equal_nan=True)
    assert np.array_equal(np.isnan(mean), np.isnan(rms))
    assert np.all(mean[np.isfinite(mean)] == 0)


@pytest.mark.parametrize("settings", [SETTINGS, BRIGHT])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_mosaic_without_valid_pixels_has_no_noise(settings, value):
    assert np.isnan(whole(np.full((70, 90), value, dtype=np.float32), settings)).all()


def test_a_constant_mosaic_has_noise_zero():
    mean, rms = whole(np.full((70, 90), 0.3, dtype=np.float32), SETTINGS)
    assert np.all(mean == np.float32(0.3))
    assert np.all(rms == 0)


@pytest.mark.parametrize("settings", [SETTINGS, BRIGHT])
def test_a_mosaic_smaller_than_a_box_is_measured_if_it_has_a_quarter_of_its_side(sky, settings):
    rms = whole(sky.make((40, 35)), settings)[1]
    assert rms == pytest.approx(np.full((40, 35), sky.rms), rel=0.3)
    assert np.isnan(whole(sky.make((10, 10)), SETTINGS)).all()


def test_settings_come_from_the_configuration():
    bright = {"threshold": 20, "box_pixels": 20, "step_pixels": 10}
    assert noise_settings(box_pixels=60, step_pixels=25, bright=bright) == BRIGHT
    assert noise_settings(box_pixels=60, step_pixels=25) == SETTINGS
    assert noise_settings(box_pixels=60, step_pixels=25, mean="zero").zero_mean


PYBDSF_RMS = """
import sys, bdsf, numpy
image = bdsf.process_image(sys.argv[1], rms_box=(150, 50), rms_map=True, mean_map="map", stop_at="isl",
                           thresh="hard", beam=(4e-4, 4e-4, 0), ncores=1, quiet=True, outdir=sys.argv[2])
numpy.save(sys.argv[2] + "/rms.npy", image.rms_arr.T)
"""


def pybdsf_rms(image, folder):
    """The noise map that PyBDSF measures with the same box and step."""
    subprocess.run(
        [sys.executable, "-c", PYBDSF_RMS, str(image), str(folder)], check=True, capture_output=True
    )
    return np.load(folder / "rms.npy")


@pytest.mark.slow
def test_the_map_agrees_with_that_of_pybdsf(tmp_path, sky, write_fits):
    rng = np.random.default_rng(3)
    sources = [(x, y, sky.rms * 10**f) for x, y, f in rng.uniform([0, 0, 0], [620, 620, 2], (250, 3))]
    pixels = sky.make((620, 620), sources) * np.linspace(1, 2, 620, dtype=np.float32)
    ours = whole(pixels, NoiseSettings(Lattice(150, 50)))[1]
    theirs = pybdsf_rms(write_fits(pixels, n_axes=4), tmp_path)
    assert np.median(ours) == pytest.approx(np.median(theirs), rel=0.1)
    assert np.median(np.abs(ours / theirs - 1)) < 0.1


@pytest.mark.skipif(
    "RADIOFIND_DATA" not in os.environ, reason="RADIOFIND_DATA names no folder of real images"
)
def test_the_map_agrees_with_that_of_pybdsf_on_real_pixels(tmp_path):
    image = Path(os.environ["RADIOFIND_DATA"]) / "sdc1" / "b1_1000h.fits"
    header = read_header(image)
    pixels = read_pixels(header, Box(0, header.shape[1], 0, header.shape[0]))
    ours = whole(pixels, NoiseSettings(Lattice(150, 50)))[1]
    theirs = pybdsf_rms(image, tmp_path)
    assert np.nanmedian(ours) == pytest.approx(np.median(theirs[np.isfinite(pixels)]), rel=0.1)
