"""The Gaussians of a catalogue, drawn."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from radiofind.catalogues import model_images
from radiofind.catalogues.columns import COMPONENT
from radiofind.catalogues.model_images import write_model_images
from radiofind.mosaics.images import read_header

SOURCES = [
    (30.0, 40.5, 2e-2, {"major": 9.0, "minor": 5.0, "angle_deg": 30.0}),
    (61.5, 40.0, 1e-2, {"major": 12.0, "minor": 4.0, "angle_deg": 110.0}),
    (99.0, 20.0, 3e-3, {}),
]


@pytest.fixture
def draw(sky, write_fits, tmp_path):
    """A function that draws components over an image of these pixels."""

    def drawn(pixels, components):
        header = read_header(write_fits(pixels))
        paths = {name: tmp_path / "images" / f"{name}.fits" for name in ("model", "residual")}
        write_model_images(components, header, **paths)
        return [fits.getdata(path) for path in paths.values()]

    return drawn


def components(sky):
    """The rows of SOURCES."""
    rows = [
        {
            "x": x,
            "y": y,
            "apparent_peak_flux": peak,
            "major": shape.get("major", sky.beam_pixels) * sky.pixel_arcsec,
            "minor": shape.get("minor", sky.beam_pixels) * sky.pixel_arcsec,
            "position_angle": shape.get("angle_deg", 0.0),
        }
        for x, y, peak, shape in SOURCES
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("block_pixels", [1000, 37])
def test_sources_leave_only_the_noise(sky, draw, monkeypatch, block_pixels):
    monkeypatch.setattr(model_images, "BLOCK_PIXELS", block_pixels)
    noise = sky.make((80, 120))
    pixels = sky.make((80, 120), SOURCES)
    pixels[60:, :5] = np.nan
    model, residual = draw(pixels, components(sky))
    valid = np.isfinite(pixels)
    assert abs(model - (pixels - noise))[valid].max() < 1e-3 * 2e-2  # the sky of the tests ends at 3 FWHM
    assert abs(residual - noise)[valid].max() < 1e-3 * 2e-2
    assert np.isnan(residual[~valid]).all() and np.isfinite(model).all()


def test_no_source_leaves_the_image_and_a_source_without_a_size_has_the_beam(sky, draw):
    pixels = sky.make((80, 120), SOURCES)
    none = pd.DataFrame({column.name: pd.Series(dtype=column.dtype) for column in COMPONENT})
    model, residual = draw(pixels, none)
    assert not model.any()
    np.testing.assert_array_equal(residual, pixels)
    point = components(sky)[2:].assign(major=np.nan, minor=np.nan)
    np.testing.assert_allclose(draw(pixels, point)[0], draw(pixels, components(sky)[2:])[0], atol=1e-7)
