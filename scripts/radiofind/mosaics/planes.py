"""Choose the plane of an image to search: cubes have frequency and Stokes axes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

from radiofind.errors import shown
from radiofind.mosaics.headers import MOST_AXES, ImageError, value_along

STOKES_I = 1.0
"""Value of the Stokes axis for total intensity."""
STOKES_NAMES = {1: "I", 2: "Q", 3: "U", 4: "V", -1: "RR", -2: "LL", -5: "XX", -6: "YY"}
"""Values of the Stokes axis (Greisen & Calabretta 2002, table 7)."""


@dataclass(frozen=True)
class Plane:
    """The two-dimensional part of an image to search."""

    shape: tuple[int, int]
    """Rows and columns."""
    index: tuple[int | None, ...]
    """Pixel of the plane along each axis of the array, in numpy's order; None for the two sky axes."""
    number: int
    """Number of the plane, from 0; the first axis that is not of the sky varies fastest."""
    count: int
    """Number of planes."""


def plane_of(
    header: fits.Header,
    sky_axes: tuple[int, int],
    *,
    given: int | None = None,
    any_stokes: bool = False,
    path: str | Path,
) -> Plane:
    """Return the plane to search: the given one, or the first of Stokes I.

    Parameters
    ----------
    header
        Cards of the image.
    sky_axes
        Numbers of the sky axes, from 1.
    given
        Number of the plane, from 0.
    any_stokes
        Whether to take the first plane whatever its Stokes parameter, as for a primary beam.
    path
        The image, for the error message.
    """
    sizes = _sizes(header, path)
    further = [axis for axis in range(1, len(sizes) + 1) if axis not in sky_axes]
    counts = [sizes[axis - 1] for axis in further]
    count = int(np.prod(counts, dtype=np.int64))
    number = _number(header, further, counts, given=given, any_stokes=any_stokes, path=path)
    if not 0 <= number < count:
        raise ImageError(f"{path}, column plane: expected 0 to {count - 1}, received {number}")
    pixels = dict(zip(further, _pixels(number, counts), strict=True))
    index = tuple(pixels.get(axis) for axis in range(len(sizes), 0, -1))
    first, second = sky_axes
    return Plane((sizes[second - 1], sizes[first - 1]), index, number, count)


def _sizes(header: fits.Header, path: str | Path) -> list[int]:
    """Return the sizes of all axes."""
    sizes = [header[f"NAXIS{axis}"] for axis in range(1, header["NAXIS"] + 1)]
    for axis, size in enumerate(sizes, start=1):
        if not isinstance(size, int) or size < 1:
            raise ImageError(f"{path}, card NAXIS{axis}: expected 1 pixel or more, received {shown(size)}")
    return sizes


def _pixels(number: int, counts: list[int]) -> tuple[int, ...]:
    """Return the pixel of a plane along each further axis, of which the first varies fastest."""
    return tuple(map(int, np.unravel_index(number, counts, order="F"))) if counts else ()


def _number(
    header: fits.Header,
    further: list[int],
    counts: list[int],
    *,
    given: int | None,
    any_stokes: bool,
    path: str | Path,
) -> int:
    """Return the number of the plane to search."""
    if given is not None or any_stokes:
        return given or 0
    stokes = next((axis for axis in range(1, MOST_AXES + 1) if _is_stokes(header, axis)), None)
    if stokes is None:
        return 0
    size = counts[further.index(stokes)] if stokes in further else 1
    values = [value_along(header, stokes, pixel) for pixel in range(size)]
    if STOKES_I not in values:
        names = ", ".join(STOKES_NAMES.get(value, shown(value)) for value in values)
        raise ImageError(
            f"{path}, axis {stokes} (STOKES): expected a plane of Stokes I, received {names}; "
            "to search one of them anyway, give its number in the column plane of the sheet"
        )
    if stokes not in further:
        return 0
    pixels = [0] * len(further)
    pixels[further.index(stokes)] = values.index(STOKES_I)
    return int(np.ravel_multi_index(pixels, counts, order="F"))


def _is_stokes(header: fits.Header, axis: int) -> bool:
    """Return whether an axis is a Stokes axis with a value."""
    named = str(header.get(f"CTYPE{axis}", "")).strip().upper() == "STOKES"
    return named and value_along(header, axis, 0) is not None
