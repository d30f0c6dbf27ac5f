"""The cells of the sky in which coverage is told, HEALPix, nested, ICRS; and cells numbered in rings."""

from __future__ import annotations

import math

import numpy as np
from astropy import units
from mocpy import MOC

ORDER = 12
"""HEALPix order of all cells: 52 arcsec."""
CELL_DEG2 = 4 * np.pi * np.rad2deg(1) ** 2 / (12 * 4**ORDER)
"""Area of a cell."""
LEAST_PIXELS = 4
"""Least width in pixels of the cells into which pixels are sorted: among narrower ones, some would hold no
centre of a pixel."""
RING_OF_FACE = np.array([2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4])
PHASE_OF_FACE = np.array([1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7])
"""Where the southernmost corners of the twelve faces are, in rings and in eighths of a turn (Gorski et al.
2005, ApJ 622, 759)."""
EDGE_OF_CAP = 2 / 3
"""Sine of the declination beyond which faces narrow towards a pole."""


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
    """Return the number of the cell that holds each position (Gorski et al. 2005).

    Parameters
    ----------
    ra, dec
        Positions in deg, shape (n,); right ascensions from 0 to 360.
    order
        Order of the cells, up to 29.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
    """
    side = 2**order
    height, quarters = np.sin(np.deg2rad(dec)), np.mod(ra / 90.0, 4)
    face, x, y = np.where(
        np.abs(height) <= EDGE_OF_CAP, _near_equator(height, quarters, side), _near_pole(dec, quarters, side)
    )
    return face * side**2 + _spread_bits(x, order) + 2 * _spread_bits(y, order)


def centres_of(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return right ascension and declination of the centres of cells, in deg.

    Parameters
    ----------
    cells
        Numbers of cells of order `ORDER`, shape (n,).
    """
    side = 2**ORDER
    face, within = np.divmod(cells, side**2)
    x, y = _every_second_bit(within), _every_second_bit(within >> 1)
    ring = RING_OF_FACE[face] * side - x - y - 1
    # Cells in a quarter of a ring: fewer near the poles.
    quarter = np.minimum(np.minimum(ring, 4 * side - ring), side)
    near_pole = 1 - quarter**2 / (3 * side**2)
    height = np.where(
        ring < side, near_pole, np.where(ring > 3 * side, -near_pole, (2 * side - ring) * 2 / (3 * side))
    )
    phase = (PHASE_OF_FACE[face] * quarter + x - y) % (8 * quarter)
    return 45.0 * phase / quarter, np.rad2deg(np.arcsin(height))


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
    ra, dec = centre_in_rings(nside, index)
    # Its centre is in no other cell of this order.
    return MOC.from_lonlat([ra] * units.deg, [dec] * units.deg, max_norder=nside.bit_length() - 1)


def centre_in_rings(nside: int, index: int) -> tuple[float, float]:
    """Return right ascension and declination (deg) of the centre of a cell that is numbered in order RING.

    Notes
    -----
    Gorski et al. 2005, ApJ 622, 759, equations 2 to 9. Cells are counted ring by ring from the north pole,
    and in a ring to the east.
    """
    cells, in_cap = 12 * nside**2, 2 * nside * (nside - 1)
    if in_cap <= index < cells - in_cap:
        ring, place = divmod(index - in_cap, 4 * nside)
        quarters = (place + (0.5 if ring % 2 == 0 else 0)) / nside
        return 90 * quarters, math.degrees(math.asin((nside - ring) * 2 / (3 * nside)))
    from_pole = min(index, cells - 1 - index)
    ring = (1 + math.isqrt(1 + 2 * from_pole)) // 2
    quarters = (from_pole - 2 * ring * (ring - 1) + 0.5) / ring
    dec = math.degrees(math.asin(1 - ring**2 / (3 * nside**2)))
    return (90 * quarters, dec) if index < in_cap else (360 - 90 * quarters, -dec)


def _near_equator(height: np.ndarray, quarters: np.ndarray, side: int) -> np.ndarray:
    """Return face, x and y, shape (3, n), of positions whose sine of declination is `height`."""
    down = np.floor(side * (0.5 + quarters - 0.75 * height)).astype(np.int64)
    up = np.floor(side * (0.5 + quarters + 0.75 * height)).astype(np.int64)
    face_down, face_up = down // side, up // side
    faces = [face_down % 4 + 4, face_down % 4, face_up % 4 + 8]
    face = np.select([face_down == face_up, face_down < face_up], faces[:2], faces[2])
    return np.stack([face, up % side, side - 1 - down % side])


def _near_pole(dec: np.ndarray, quarters: np.ndarray, side: int) -> np.ndarray:
    """Return face, x and y, shape (3, n), of positions in the caps."""
    quarter = np.minimum(np.floor(quarters), 3)
    # The difference of 1 and a sine next to it would lose digits.
    across = np.cos(np.deg2rad(dec)) * np.sqrt(3 / (1 + np.abs(np.sin(np.deg2rad(dec))))) * side
    down, up = (
        np.minimum(np.floor(across * part), side - 1).astype(np.int64)
        for part in (quarters - quarter, 1 - (quarters - quarter))
    )
    north = np.stack([quarter.astype(np.int64), side - 1 - up, side - 1 - down])
    return np.where(dec > 0, north, np.stack([quarter.astype(np.int64) + 8, down, up]))


def _spread_bits(numbers: np.ndarray, order: int) -> np.ndarray:
    """Return the numbers of which the bits 0, 2, 4 and so on are those of others."""
    spread = np.zeros_like(numbers)
    for place in range(order):
        spread |= ((numbers >> place) & 1) << (2 * place)
    return spread


def _every_second_bit(numbers: np.ndarray) -> np.ndarray:
    """Return the numbers made of the bits 0, 2, 4 and so on."""
    bits = np.zeros_like(numbers)
    for place in range(ORDER):
        bits |= ((numbers >> (2 * place)) & 1) << place
    return bits
