"""An image written in rectangles is the image written at once."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from radiofind.mosaics.box import Box
from radiofind.mosaics.images import read_header
from radiofind.mosaics.mosaic_images import mosaic_image


@pytest.fixture
def header(write_fits):
    return read_header(write_fits(np.zeros((70, 110), dtype=np.float32)))


def test_rectangles_come_together_and_the_rest_is_blank(header, tmp_path):
    pixels = np.random.default_rng(1).normal(size=(70, 110)).astype(np.float32)
    boxes = [Box(0, 60, 0, 30), Box(60, 110, 0, 30), Box(0, 60, 30, 70)]
    with mosaic_image(tmp_path / "rms.fits", header) as write:
        for box in reversed(boxes):
            write(box, pixels[box.slices])
    expected = pixels.copy()
    expected[30:, 60:] = np.nan
    with fits.open(tmp_path / "rms.fits", checksum=True) as hdus:
        hdus.verify("exception")
        np.testing.assert_array_equal(hdus[0].data, expected)
        cards = hdus[0].header
    assert (cards["BUNIT"], cards["BMAJ"] * 3600, cards["RESTFRQ"]) == pytest.approx(
        ("Jy/beam", header.beam.major_arcsec, 1.4e9)
    )
    ra, dec = WCS(cards).all_pix2world(17.0, 43.0, 0)
    assert np.ravel(header.coordinates.to_sky([17.0], [43.0])) == pytest.approx(np.array([ra, dec]), abs=1e-9)
    assert (tmp_path / "rms.fits").stat().st_size % 2880 == 0


def test_an_error_leaves_no_file(header, tmp_path):
    with pytest.raises(ValueError), mosaic_image(tmp_path / "out" / "rms.fits", header) as write:
        write(Box(0, 10, 0, 10), np.zeros((9, 10)))
    assert not list((tmp_path / "out").iterdir())
