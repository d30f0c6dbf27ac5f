"""The cells of the sky in which coverage is told, HEALPix, nested, ICRS; and cells numbered in rings."""

from __future__ import annotations

import numpy as np
from astropy import units
from astropy.coordinates import Latitude, Longitude
from cdshealpix import nested, ring
from mocpy import MOC

ORDER = 12
"""HEALPix order of all cells: 52 arcsec."""
CELL_DEG2 = 4 * np.pi * np.rad2deg(1) ** 2 / (12 * 4**ORDER)
"""Area of a cell."""
LEAST_PIXELS = 4
"""Least width in pixels of the cells into which pixels are sorted: among narrower ones, some would hold no
centre of a pixel."""


def order_for(pixel_arcsec: float) -> int:
    """Return the finest order, up to `ORDER`, whose cells are at least `LEAST_PIXELS` pixels wide."""
    width_arcsec = 3600 * np.sqrt(CELL_DEG2) * 2**ORDER
    return int(np.clip(np.floor(np.log2(width_arcsec / (LEAST_PIXELS * pixel_arcsec))), 0, ORDER))


def cells_with(ra: np.ndarray, dec: np.ndarray, *, order: int = ORDER) -> np.ndarray:
    """Return the cells that hold any of these positions, sorted.

    Parameters
    ----------
    ra, dec
        Positions in deg, shape (n,).
    order
        Order of the cells into which the positions are sorted; all cells of order `ORDER` in them are
        returned.

    Returns
    -------
    numpy.ndarray of int64
    """
    if not len(ra):
        return np.empty(0, dtype=np.int64)
    sky = MOC.from_lonlat(ra * units.deg, dec * units.deg, max_norder=order)
    parents, children = sky.flatten().astype(np.int64), 4 ** (ORDER - order)
    return (parents[:, np.newaxis] * children + np.arange(children)).ravel()


def cells_of(ra: np.ndarray, dec: np.ndarray, *, order: int) -> np.ndarray:
    """Return the number of the cell that holds each position.

    Parameters
    ----------
    ra, dec
        Positions in deg, shape (n,).
    order
        Order of the cells, up to 29.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
    """
    longitude, latitude = Longitude(ra, units.deg), Latitude(dec, units.deg)
    return nested.lonlat_to_healpix(longitude, latitude, order, num_threads=1).astype(np.int64)


def centres_of(cells: np.ndarray, *, order: int = ORDER) -> tuple[np.ndarray, np.ndarray]:
    """Return right ascension and declination of the centres of cells, in deg.

    Parameters
    ----------
    cells
        Numbers of cells, shape (n,).
    order
        Their order.
    """
    longitude, latitude = nested.healpix_to_lonlat(cells, order, num_threads=1)
    return longitude.deg, latitude.deg


def moc_of(cells: np.ndarray) -> MOC:
    """Return the part of the sky that cells of order `ORDER` cover."""
    return MOC.from_healpix_cells(
        cells.astype(np.uint64), np.full(len(cells), ORDER, dtype=np.uint8), max_depth=ORDER
    )


def moc_of_ring_cell(nside: int, index: int) -> MOC:
    """Return a cell that is numbered in the order RING.

    Parameters
    ----------
    nside
        A power of two.
    index
        From 0 to 12 nside^2 - 1.
    """
    centre = ring.healpix_to_lonlat(np.array([index]), nside)
    # Its centre is in no other cell of this order.
    return MOC.from_lonlat(*centre, max_norder=nside.bit_length() - 1)


def order_with(ra: np.ndarray, dec: np.ndarray, *, least: int, finest: int = ORDER) -> int:
    """Return the finest order at which cells hold at least so many of these positions on average.

    Parameters
    ----------
    ra, dec
        Positions in deg, shape (n,).
    least
        Positions per cell, over the cells that hold any; 0 is returned if there are fewer.
    finest
        The finest order.
    """
    cells = cells_of(ra, dec, order=finest)
    for order in range(finest, 0, -1):
        if len(cells) >= least * len(np.unique(cells >> 2 * (finest - order))):
            return order
    return 0
