"""Bin images until the beam is a few pixels wide, on a lattice that does not depend on the tile.

A network learns shapes in pixels. Binning gives it about the same number of pixels per beam in every survey,
and saves time on oversampled images.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from radiofind.mosaics.box import Box
from radiofind.mosaics.images import ImageHeader


@dataclass(frozen=True)
class Grid:
    """The lattice of bins in a box of a mosaic."""

    factor: int
    """Pixels along the side of a bin."""
    x0: int
    """First mosaic column of the first bin."""
    y0: int
    """First mosaic row of the first bin."""

    def to_bins(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return positions in bins from positions in mosaic pixels; centres are at integers in both."""
        return (x - self.x0 + 0.5) / self.factor - 0.5, (y - self.y0 + 0.5) / self.factor - 0.5

    def to_mosaic(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return positions in mosaic pixels from positions in bins."""
        return (x + 0.5) * self.factor - 0.5 + self.x0, (y + 0.5) * self.factor - 0.5 + self.y0

    def bin(self, pixels: np.ndarray, box: Box) -> np.ndarray:
        """Return the mean of the valid pixels of each bin that lies in the box.

        Parameters
        ----------
        pixels
            2D ndarray over `box`.
        box
            The box of the array, in mosaic pixels.
        """
        inner = pixels[self.y0 - box.y0 :, self.x0 - box.x0 :]
        if self.factor == 1:
            return inner
        rows, columns = (size // self.factor for size in inner.shape)
        whole = inner[: rows * self.factor, : columns * self.factor]
        cells = whole.reshape(rows, self.factor, columns, self.factor)
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
            return np.nanmean(cells, axis=(1, 3))


def grid_of(box: Box, factor: int) -> Grid:
    """Return the bins that lie entirely in a box; their edges are multiples of the factor in the mosaic."""
    return Grid(factor, -(-box.x0 // factor) * factor, -(-box.y0 // factor) * factor)


def pixels_per_beam(header: ImageHeader) -> float:
    """Return the geometric mean width (FWHM) of the beam of an image, in pixels."""
    return width_in_pixels(header.beam.major_arcsec, header.beam.minor_arcsec, header.pixel_arcsec)


def width_in_pixels(major_arcsec: float, minor_arcsec: float, pixel_arcsec: float) -> float:
    """Return the geometric mean of two widths, in pixels."""
    return float(np.sqrt(major_arcsec * minor_arcsec) / pixel_arcsec)


def bin_factor(pixels_in_beam: float, wanted: float) -> int:
    """Return the side of a bin in pixels with which the beam is one to two times `wanted` bins wide.

    Parameters
    ----------
    pixels_in_beam
        Width of the beam in pixels.
    wanted
        Smallest width of the beam in bins, if the image allows; infinite for no binning.
    """
    return max(int(pixels_in_beam // wanted), 1)
