"""Read primary beams: FITS images of any unit, which need no beam and no frequency."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from radiofind.mosaics.box import Box
from radiofind.mosaics.coordinates import Coordinates, coordinates_of
from radiofind.mosaics.headers import told
from radiofind.mosaics.images import first_image, read_section
from radiofind.mosaics.interpolation import bilinear
from radiofind.mosaics.planes import Plane, plane_of

STRIP_ROWS = 1000
"""Rows to read at a time, since a primary beam may be as large as the mosaic."""


def sample_image(path: str | Path, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return the values of an image at sky positions, by bilinear interpolation; NaN outside.

    Parameters
    ----------
    path
        A FITS image of any unit, for example a primary beam; it needs no beam and no frequency.
    ra, dec
        Positions in deg.
    """
    with told(path):
        number, plane, coordinates = _primary_beam(path)
        x, y = coordinates.to_pixels(ra, dec)
    rows, columns = plane.shape
    inside = (x >= -0.5) & (x <= columns - 0.5) & (y >= -0.5) & (y <= rows - 0.5)
    values = np.full(np.shape(x), np.nan)
    x, y = np.clip(x, 0, columns - 1), np.clip(y, 0, rows - 1)
    strip = np.where(inside, y // STRIP_ROWS, -1)
    for number_of_strip in np.unique(strip[inside]):
        wanted = strip == number_of_strip
        sx, sy = x[wanted], y[wanted]
        box = Box(int(sx.min()), int(sx.max()) + 2, int(sy.min()), int(sy.max()) + 2).grown(
            0, (rows, columns)
        )
        pixels = read_section(Path(path), number, plane, box)
        values[wanted] = bilinear(pixels, sx - box.x0, sy - box.y0)
    return values


def check_image(path: str | Path) -> None:
    """Raise an error if an image of any unit, for example a primary beam, cannot be read to its last pixel.

    Parameters
    ----------
    path
        A FITS image; it needs no beam and no frequency.

    Raises
    ------
    ImageError
        If it is not an image or is truncated.
    """
    with told(path):
        number, plane, _ = _primary_beam(path)
    rows, columns = plane.shape
    for y0 in range(0, rows, STRIP_ROWS):
        strip = Box(0, columns, y0, min(y0 + STRIP_ROWS, rows))
        read_section(Path(path), number, plane, strip)


def check_header(path: str | Path) -> None:
    """Raise an ImageError if an image of any unit has no header that can be read, or no coordinates."""
    with told(path):
        _primary_beam(path)


def beam_sampler(path: str | Path | None) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return a function that takes right ascension and declination in deg and returns the primary beam.

    Parameters
    ----------
    path
        Image of the primary beam; None for a mosaic without one, where the beam is 1 everywhere.
    """
    return partial(sample_image, path) if path else lambda ra, dec: np.ones(len(ra))


def _primary_beam(path: str | Path) -> tuple[int, Plane, Coordinates]:
    """Return HDU, plane and coordinates of a primary beam, whatever its Stokes parameter."""
    number, header = first_image(Path(path))
    coordinates = coordinates_of(header, path)
    return number, plane_of(header, coordinates.axes, any_stokes=True, path=path), coordinates
