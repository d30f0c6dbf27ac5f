"""Directions on the sky as unit vectors, and angles between them."""

from __future__ import annotations

import numpy as np

ARCSEC = 3600.0
"""Arcsec in a degree."""


def unit_vectors(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return the unit vectors, shape (n, 3), of positions in deg."""
    ra, dec = np.deg2rad(ra), np.deg2rad(dec)
    return np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])


def positions_of(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return right ascension (0 to 360) and declination, in deg, of vectors of any length, shape (n, 3)."""
    x, y, z = vectors.T
    return np.rad2deg(np.arctan2(y, x)) % 360, np.rad2deg(np.arctan2(z, np.hypot(x, y)))


def chords(vectors: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the distances, shape (n,), of the ends of unit vectors, shape (n, 3), from those of others."""
    # Not by a product of matrices, whose last digits depend on how many vectors there are.
    x, y, z = (np.asarray(vectors) - other).T
    return np.sqrt(x * x + y * y + z * z)


def chord_of(angle_arcsec: np.ndarray | float) -> np.ndarray | float:
    """Return the distance of the ends of two unit vectors that enclose an angle."""
    return 2 * np.sin(np.deg2rad(np.minimum(angle_arcsec / ARCSEC, 180)) / 2)


def angle_of(chord: np.ndarray) -> np.ndarray:
    """Return the angle in arcsec between unit vectors whose ends are so far apart."""
    return np.rad2deg(2 * np.arcsin(np.minimum(chord / 2, 1))) * ARCSEC


def offsets_arcsec(
    ra: np.ndarray, dec: np.ndarray, other_ra: np.ndarray, other_dec: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the offsets to the east and to the north of the second positions (deg), which are near."""
    turn = (np.asarray(other_ra) - ra + 180) % 360 - 180
    middle = np.deg2rad((np.asarray(other_dec) + dec) / 2)
    return turn * np.cos(middle) * ARCSEC, (np.asarray(other_dec) - dec) * ARCSEC
