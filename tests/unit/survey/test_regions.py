"""The region of a mosaic: a HEALPix cell in the order RING, or a MOC in a file."""

from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from mocpy import MOC

from radiofind.errors import InputFileError
from radiofind.survey.healpix import moc_of_ring_cell
from radiofind.survey.region_names import LARGEST_NSIDE, healpix_cell, is_file
from radiofind.survey.regions import holds, read_region
from unit.survey.mosaics import centre_in_rings

CIRCLE = MOC.from_cone(lon=10 * u.deg, lat=20 * u.deg, radius=1 * u.deg, max_depth=11)


@pytest.fixture
def moc(tmp_path):
    CIRCLE.save(tmp_path / "m.fits", format="fits")
    return str(tmp_path / "m.fits")


@pytest.mark.parametrize(
    ("nside", "index", "ra", "dec"),
    [(1, 0, 45, 41.8103149), (1, 4, 0, 0), (2, 5, 67.5, 41.8103149), (2, 47, 315, -66.4435358)],
)
def test_cells_are_numbered_in_rings(nside, index, ra, dec):
    """Those of the figures of Gorski et al. 2005."""
    cell = moc_of_ring_cell(nside, index)
    assert cell.sky_fraction == pytest.approx(1 / (12 * nside**2))
    assert holds(cell, np.array([ra]), np.array([dec]))
    assert centre_in_rings(nside, index) == pytest.approx((ra, dec))


def test_a_region_holds_what_is_inside(moc):
    ra, dec = np.array([10.0, 10.0, 12.0, 190.0]), np.array([20.0, 20.9, 20.0, -20.0])
    assert holds(read_region(moc), ra, dec).tolist() == [True, True, False, False]
    assert holds(None, ra, dec).all()
    assert holds(read_region(moc), ra[:0], dec[:0]).shape == (0,)
    assert read_region(None) is None


def test_a_cell_of_the_sheet_is_read():
    assert read_region("healpix:16:0") == moc_of_ring_cell(16, 0)
    assert healpix_cell(f"healpix:{LARGEST_NSIDE}:201326591") == (4096, 201326591)
    assert is_file("a.fits") and not is_file("healpix:16:0")


@pytest.mark.parametrize(
    "text",
    [
        "healpix:16",
        "healpix:16:3072",
        "healpix:3:1",
        "healpix:0:0",
        "healpix:8192:1",
        "healpix:16:-1",
        "healpix:16:1:2",
    ],
)
def test_what_is_no_cell(text):
    assert healpix_cell(text) is None


def test_a_file_that_is_no_moc_is_told(tmp_path, moc):
    whole = Path(moc).read_bytes()
    for name, content in {
        "empty": b"",
        "text": b"12/3-5",
        "cut": whole[:3000],
        "half": whole[: len(whole) // 2],
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputFileError, match=f"{name}: expected a MOC in FITS"):
            read_region(str(tmp_path / name))
    fits.writeto(tmp_path / "image.fits", np.zeros((3, 3)))
    MOC.new_empty(4).save(tmp_path / "nothing.fits", format="fits")
    for name in ("image.fits", "nothing.fits", "gone.fits"):
        with pytest.raises(InputFileError, match=f"{name}: expected a MOC in FITS"):
            read_region(str(tmp_path / name))
