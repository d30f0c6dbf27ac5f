"""Cells of the sky, compared with those of mocpy."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from mocpy import MOC

from radiofind.survey.healpix import (
    CELL_DEG2,
    ORDER,
    cells_of,
    cells_with,
    centres_of,
    moc_of,
    order_for,
)


@pytest.fixture
def cells():
    """Cells all over the sky: at random, and at the corners of all faces."""
    rng = np.random.default_rng(1)
    face = np.arange(12)[:, None] * 4**ORDER
    side = 4**ORDER
    corners = np.array([0, 1, side // 3, 2 * side // 3, side - 2, side - 1])
    return np.unique(np.concatenate([rng.integers(0, 12 * side, 2000), (face + corners).ravel()]))


def test_centres_are_in_their_cells(cells):
    ra, dec = centres_of(cells)
    assert ((ra >= 0) & (ra < 360)).all()
    assert np.array_equal(cells_with(ra, dec), cells)


def test_centres_are_those_of_mocpy(cells):
    for cell in cells[::40]:
        ra, dec = centres_of(np.array([cell]))
        centre = moc_of(np.array([cell])).barycenter()
        assert SkyCoord(ra[0], dec[0], unit="deg").separation(centre) < 1 * u.arcsec


def test_cells_of_positions_are_those_that_hold_them():
    rng = np.random.default_rng(2)
    ra, dec = rng.uniform(0, 360, 500), np.rad2deg(np.arcsin(rng.uniform(-1, 1, 500)))
    assert moc_of(cells_with(ra, dec)).contains_lonlat(ra * u.deg, dec * u.deg).all()
    coarse = cells_with(ra, dec, order=ORDER - 2)
    parents = MOC.from_lonlat(ra * u.deg, dec * u.deg, max_norder=ORDER - 2)
    assert moc_of(coarse).degrade_to_order(ORDER - 2) == parents
    assert len(coarse) == 16 * len(np.unique(coarse // 16)) and (np.diff(coarse) > 0).all()


@pytest.mark.parametrize("order", [0, 1, 5, ORDER, 29])
def test_the_cell_of_each_position_is_that_of_mocpy(order):
    rng = np.random.default_rng(3)
    ra, dec = rng.uniform(0, 360, 300), np.rad2deg(np.arcsin(rng.uniform(-1, 1, 300)))
    ra, dec = (
        np.append(ra, [1, 100, 200, 300, 45.1]),
        np.append(dec, [90 - 1e-7, -90 + 1e-7, 89.9, -89.9, 41.81]),
    )
    cells = cells_of(ra, dec, order=order)
    assert cells.dtype == np.int64
    for cell, one_ra, one_dec in zip(cells, ra, dec, strict=True):
        moc = MOC.from_lonlat([one_ra] * u.deg, [one_dec] * u.deg, max_norder=order)
        assert moc.flatten().tolist() == [cell]


def test_corners_and_poles_are_in_one_of_the_cells_that_touch_them(cells):
    assert np.array_equal(cells_of(*centres_of(cells), order=ORDER), cells)
    faces = cells_of(np.array([0, 360, 0, 90, 10, 10.0]), np.array([0, 0, 90, 90, -90, 0]), order=0)
    assert faces.tolist() == [4, 4, 0, 1, 8, 4]


def test_all_cells_are_the_sky():
    assert pytest.approx(41252.96, abs=0.01) == 12 * 4**ORDER * CELL_DEG2


def test_no_positions_are_in_no_cell():
    assert len(cells_with(np.empty(0), np.empty(0))) == 0
    assert moc_of(np.empty(0, dtype=np.int64)).empty()


@pytest.mark.parametrize(
    ("pixel_arcsec", "order"),
    [(0.01, ORDER), (1.5, ORDER), (12.8, ORDER), (13.0, ORDER - 1), (45, 10), (1e7, 0)],
)
def test_cells_are_wider_than_pixels(pixel_arcsec, order):
    assert order_for(pixel_arcsec) == order
