"""Odd images give warnings: no unit, an undersampled beam, coarsely quantised pixels."""

import re

import numpy as np
import pytest

from radiofind.mosaics.box import Box
from radiofind.mosaics.image_warnings import image_warnings, step_and_noise
from radiofind.mosaics.images import ImageSource, read_header
from radiofind.workflow.fingerprints import fingerprint_mosaic

SHAPE = (240, 320)
TILING = {"core_pixels": 100, "halo_pixels": 10}
BOXES = {"box_pixels": 10, "step_pixels": 5}
RMS = 4.5e-4
STEP = 1e-4
"""As in NVSS."""


def noise(shape=SHAPE, seed=1):
    return np.random.default_rng(seed).normal(3e-4, RMS, shape).astype(np.float32)


def in_steps(pixels, step=STEP):
    """Return quantised pixels, as stored in integers, with an offset so that none is zero."""
    return (np.round(pixels / step) * step + step / 2).astype(np.float32)


def warnings_of(path, **tiling):
    return fingerprint_mosaic(ImageSource(path), tiling=TILING | tiling, noise=BOXES).warnings


def test_good_images_give_no_warnings(write_fits, sky):
    pixels = sky.make(SHAPE, [(100, 100, 0.5), (50, 60, 1e-3)])
    pixels[:20] = np.nan
    pixels[:, 300:] = 0
    assert warnings_of(write_fits(pixels)) == ()
    assert warnings_of(write_fits(pixels, "packed.fits.fz")) == ()


@pytest.mark.parametrize("unit", [None, "", "  "])
def test_an_image_without_a_unit_gives_a_warning(write_fits, unit):
    (warning,) = warnings_of(write_fits(noise(), BUNIT=unit))
    assert "BUNIT" in warning and "Jy/beam" in warning


@pytest.mark.parametrize("name", ["image.fits", "image.fits.fz"])
def test_units_of_any_spelling_and_packing_are_units(write_fits, name):
    assert warnings_of(write_fits(noise(), name, BUNIT="mJy beam^-1")) == ()


def test_a_warning_of_a_narrow_beam_gives_its_minor_axis(write_fits, sky):
    pixel = sky.pixel_arcsec / 3600
    assert warnings_of(write_fits(noise(), BMAJ=5 * pixel, BMIN=2.01 * pixel)) == ()
    (warning,) = warnings_of(write_fits(noise(), BMAJ=5 * pixel, BMIN=1.5 * pixel))
    assert re.search(r"beam.* 1\.5 pixels.* 2 ", warning)


def test_beam_of_the_sheet_counts(write_fits):
    path = write_fits(noise())
    narrow = ImageSource(path, beam=(8.0, 3.0, 0.0))
    (warning,) = fingerprint_mosaic(narrow, tiling=TILING, noise=BOXES).warnings
    assert "beam" in warning


@pytest.mark.parametrize("core_pixels", [100, 130, 500])
def test_quantised_pixels_give_one_warning_per_mosaic_whatever_the_tiling(write_fits, core_pixels):
    pixels = in_steps(noise())
    pixels[200:, 10:90] = np.nan
    pixels[130, 150] = 3.00001
    (warning,) = warnings_of(write_fits(pixels), core_pixels=core_pixels)
    assert re.search(r"0\.0001 Jy/beam.* 0\.22 .*\b0\.1\b", warning)


def test_a_warning_gives_steps_in_jy_per_beam(write_fits):
    (warning,) = warnings_of(write_fits(in_steps(noise()) * 1000, BUNIT="mJy/beam"))
    assert re.search(r"0\.0001 Jy/beam.* 0\.22 ", warning)


def test_fine_steps_give_no_warning(write_fits):
    assert warnings_of(write_fits(in_steps(noise(), RMS / 12))) == ()
    assert len(warnings_of(write_fits(in_steps(noise(), RMS / 9)))) == 1


def test_steps_above_the_noise_give_a_warning(write_fits):
    """Both quartiles coincide then."""
    (warning,) = warnings_of(write_fits(in_steps(noise() - 3e-4, 5 * RMS)))
    assert "0.0022 Jy/beam" in warning


def test_each_row_may_have_steps_of_its_own():
    """Images compressed with fpack do: their 200 rows have 200 different steps."""
    box = Box(0, 300, 0, 200)
    scales = np.linspace(0.9, 1.1, 200)[:, np.newaxis]
    pixels = (np.round(noise(box.shape) / STEP / scales) * STEP * scales + STEP / 3).astype(np.float32)
    step, rms = step_and_noise(pixels, box)
    assert step == pytest.approx(STEP, rel=0.05)
    assert rms == pytest.approx(RMS, rel=0.05)


def test_images_without_noise_or_with_few_values_give_no_warning(write_fits, sky):
    clean = sky.make(SHAPE, [(x, 100, 0.5, {"major": 30.0}) for x in range(20, 300, 40)], rms=0.0)
    assert warnings_of(write_fits(clean)) == ()
    assert warnings_of(write_fits(np.full(SHAPE, 2.5, np.float32))) == ()
    assert warnings_of(write_fits(np.full(SHAPE, np.nan, np.float32))) == ()
    assert warnings_of(write_fits(in_steps(noise((40, 60))))) == ()
    header = read_header(write_fits(noise()))
    assert image_warnings(header, []) == image_warnings(header, [(np.nan, np.nan)]) == ()


def test_a_missing_image_gives_no_warning(tmp_path):
    assert warnings_of(tmp_path / "missing.fits") == ()


def test_several_warnings_come_in_order_and_are_logged(write_fits, sky, caplog):
    warnings = warnings_of(write_fits(in_steps(noise()), BUNIT=None, BMIN=sky.pixel_arcsec / 3600))
    keys = ("BUNIT", "beam is", "steps")
    assert all(key in warning for key, warning in zip(keys, warnings, strict=True))
    assert all(warning in caplog.text for warning in warnings)
