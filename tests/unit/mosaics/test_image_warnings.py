"""Odd images are told of: no unit, a beam that the pixels do not sample, pixel values in coarse steps."""

import numpy as np
import pytest

from radiofind.mosaics.box import Box
from radiofind.mosaics.image_warnings import image_warnings, step_and_noise
from radiofind.mosaics.images import ImageSource, read_header
from radiofind.workflow.fingerprints import fingerprint_mosaic

SHAPE = (240, 320)
TILING = {"core_pixels": 100, "halo_pixels": 10, "reach_pixels": 30}
RMS = 4.5e-4
STEP = 1e-4
"""As in NVSS."""


def noise(shape=SHAPE, seed=1):
    return np.random.default_rng(seed).normal(3e-4, RMS, shape).astype(np.float32)


def in_steps(pixels, step=STEP):
    """What an image is after its pixels were stored as whole numbers, with an offset that leaves no zero."""
    return (np.round(pixels / step) * step + step / 2).astype(np.float32)


def told(path, **tiling):
    return fingerprint_mosaic(ImageSource(path), **(TILING | tiling)).warnings


def test_nothing_is_said_of_good_images(write_fits, sky):
    pixels = sky.make(SHAPE, [(100, 100, 0.5), (50, 60, 1e-3)])
    pixels[:20] = np.nan
    pixels[:, 300:] = 0
    assert told(write_fits(pixels)) == ()
    assert told(write_fits(pixels, "packed.fits.fz")) == ()


@pytest.mark.parametrize("unit", [None, "", "  "])
def test_image_without_a_unit_is_told(write_fits, unit):
    assert told(write_fits(noise(), BUNIT=unit)) == ("no unit (card BUNIT): Jy/beam is assumed",)


@pytest.mark.parametrize("name", ["image.fits", "image.fits.fz"])
def test_units_of_any_spelling_and_packing_are_units(write_fits, name):
    assert told(write_fits(noise(), name, BUNIT="mJy beam^-1")) == ()


def test_narrow_beam_is_told_by_its_minor_axis(write_fits, sky):
    pixel = sky.pixel_arcsec / 3600
    assert told(write_fits(noise(), BMAJ=5 * pixel, BMIN=2.01 * pixel)) == ()
    (warning,) = told(write_fits(noise(), BMAJ=5 * pixel, BMIN=1.5 * pixel))
    assert warning.startswith("the minor axis of the beam is 1.5 pixels (normal: 2 or more): ")


def test_beam_of_the_sheet_counts(write_fits):
    path = write_fits(noise())
    narrow = ImageSource(path, beam=(8.0, 3.0, 0.0))
    assert fingerprint_mosaic(narrow, **TILING).warnings[0].startswith("the minor axis")


@pytest.mark.parametrize("core_pixels", [100, 130, 500])
def test_steps_between_pixel_values_are_told_once_for_a_mosaic_however_divided(write_fits, core_pixels):
    pixels = in_steps(noise())
    pixels[200:, 10:90] = np.nan
    pixels[130, 150] = 3.00001
    (warning,) = told(write_fits(pixels), core_pixels=core_pixels)
    start = "pixel values have steps of 0.0001 Jy/beam, 0.22 times the noise (normal: below 0.1): "
    assert warning.startswith(start)


def test_steps_are_told_in_jy_per_beam(write_fits):
    (warning,) = told(write_fits(in_steps(noise()) * 1000, BUNIT="mJy/beam"))
    assert "steps of 0.0001 Jy/beam, 0.22 times" in warning


def test_fine_steps_are_no_matter(write_fits):
    assert told(write_fits(in_steps(noise(), RMS / 12))) == ()
    assert len(told(write_fits(in_steps(noise(), RMS / 9)))) == 1


def test_steps_above_the_noise_are_told(write_fits):
    """Both quartiles are the same value then."""
    (warning,) = told(write_fits(in_steps(noise() - 3e-4, 5 * RMS)))
    assert "steps of 0.0022 Jy/beam" in warning


def test_each_row_may_have_steps_of_its_own():
    """As images have that were packed with fpack, where 200 rows have 200 different steps."""
    box = Box(0, 300, 0, 200)
    scales = np.linspace(0.9, 1.1, 200)[:, np.newaxis]
    pixels = (np.round(noise(box.shape) / STEP / scales) * STEP * scales + STEP / 3).astype(np.float32)
    step, rms = step_and_noise(pixels, box)
    assert step == pytest.approx(STEP, rel=0.05)
    assert rms == pytest.approx(RMS, rel=0.05)


def test_images_without_noise_few_values_or_none_are_not_told_of(write_fits, sky):
    clean = sky.make(SHAPE, [(x, 100, 0.5, {"major": 30.0}) for x in range(20, 300, 40)], rms=0.0)
    assert told(write_fits(clean)) == ()
    assert told(write_fits(np.full(SHAPE, 2.5, np.float32))) == ()
    assert told(write_fits(np.full(SHAPE, np.nan, np.float32))) == ()
    assert told(write_fits(in_steps(noise((40, 60))))) == ()
    header = read_header(write_fits(noise()))
    assert image_warnings(header, []) == image_warnings(header, [(np.nan, np.nan)]) == ()


def test_nothing_is_said_of_what_cannot_be_read(tmp_path):
    assert told(tmp_path / "missing.fits") == ()


def test_several_warnings_are_told_in_order_and_logged(write_fits, sky, caplog):
    warnings = told(write_fits(in_steps(noise()), BUNIT=None, BMIN=sky.pixel_arcsec / 3600))
    assert [warning.split()[0] for warning in warnings] == ["no", "the", "pixel"]
    assert all(warning in caplog.text for warning in warnings)
