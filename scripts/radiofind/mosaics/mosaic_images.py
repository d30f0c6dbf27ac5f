"""Write an image of a whole mosaic, a rectangle at a time, without holding it in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from astropy.io import fits

from radiofind.files import whole_or_absent
from radiofind.mosaics.box import Box
from radiofind.mosaics.images import ImageHeader
from radiofind.mosaics.tile_images import cards_of

FITS_BLOCK = 2880
"""FITS files consist of blocks of so many bytes."""
PIXEL = np.dtype(">f4")
"""Pixels in the file."""

WritePixels = Callable[[Box, np.ndarray], None]
"""Writes the pixels of a rectangle, 2D ndarray of its shape."""


@contextmanager
def mosaic_image(path: str | Path, header: ImageHeader) -> Iterator[WritePixels]:
    """Yield a function that writes pixels of a new image of a mosaic; pixels that it never gets are NaN.

    Parameters
    ----------
    path
        The FITS file to make, whole or not at all: float32, Jy/beam.
    header
        The mosaic.
    """
    rows, columns = header.shape
    cards = fits.PrimaryHDU(header=cards_of(header, Box(0, columns, 0, rows))).header
    cards["BITPIX"], cards["NAXIS"], cards["BUNIT"] = -32, 2, "Jy/beam"
    cards.insert("NAXIS", ("NAXIS1", columns), after=True)
    cards.insert("NAXIS1", ("NAXIS2", rows), after=True)
    with whole_or_absent(path) as temporary, temporary.open("wb") as file:
        file.write(cards.tostring().encode("ascii"))
        start, blank = file.tell(), np.full(columns, np.nan, dtype=PIXEL).tobytes()
        for _ in range(rows):
            file.write(blank)
        file.write(bytes(-file.tell() % FITS_BLOCK))

        def write(box: Box, pixels: np.ndarray) -> None:
            for row, values in zip(range(box.y0, box.y1), pixels.astype(PIXEL), strict=True):
                file.seek(start + (row * columns + box.x0) * PIXEL.itemsize)
                file.write(values.tobytes())

        yield write
