"""Make cutouts of a mosaic centred on the sources of a catalogue, strip by strip.

Cutouts have the pixels and the orientation of the mosaic: they are neither resampled nor rotated to north,
since classifiers are invariant under rotation. The mean of the noise is not subtracted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from radiofind.mosaics.box import Box, pixel_of
from radiofind.mosaics.images import ImageHeader, read_pixels

STRIP_PIXELS = 2**24
"""Pixels of the mosaic to read at a time (64 MiB), but at least twice the rows of a cutout."""
BATCH_PIXELS = 2**24
"""Pixels of all cutouts of a batch (64 MiB)."""


@dataclass(frozen=True)
class CutoutBatch:
    """The cutouts of one batch of sources."""

    rows: np.ndarray
    """Rows of the sources in the catalogue, int64 of shape (n,)."""
    images: np.ndarray
    """Float32 of shape (n, size, size), Jy/beam; 0 where the mosaic is blank or ends."""


def cutouts_in_batches(
    header: ImageHeader, x: np.ndarray, y: np.ndarray, *, size_pixels: int, batch: int | None = None
) -> Iterator[CutoutBatch]:
    """Yield the cutouts of a catalogue of any size in batches, ordered by row of the mosaic.

    Parameters
    ----------
    header
        The mosaic.
    x, y
        Positions in mosaic pixels, shape (n,), finite. Pixels outside the mosaic are 0.
    size_pixels
        Side of a cutout. The position is within half a pixel of its centre, (size_pixels - 1) / 2.
    batch
        Number of sources per batch (the last may have fewer); by default as many as fill 64 MiB.

    Raises
    ------
    ValueError
        If a position is not finite or the size is not positive.
    """
    first_x, first_y = first_pixels(x, y, shape=header.shape, size_pixels=size_pixels)
    order = np.lexsort((first_x, first_y))
    batch = batch or max(BATCH_PIXELS // size_pixels**2, 1)
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        yield CutoutBatch(rows, _cut(header, first_x[rows], first_y[rows], size_pixels))


def first_pixels(
    x: np.ndarray, y: np.ndarray, *, shape: tuple[int, int], size_pixels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mosaic column and row of the first pixel of each cutout, int64 of shape (n,).

    Parameters
    ----------
    x, y, size_pixels
        As in `cutouts_in_batches`.
    shape
        Rows and columns of the mosaic. Cutouts entirely outside are moved to just outside its edge.

    Raises
    ------
    ValueError
        As in `cutouts_in_batches`.
    """
    if size_pixels < 1:
        raise ValueError(f"size_pixels is {size_pixels}; a cutout needs at least 1 pixel")
    position = np.column_stack([x, y]).astype(float)
    missing = np.flatnonzero(~np.isfinite(position).all(axis=1))
    if len(missing):
        x_y = f"x={position[missing[0], 0]}, y={position[missing[0], 1]}"
        raise ValueError(f"row {missing[0]}: no finite position in mosaic pixels ({x_y})")
    first = pixel_of(position - (size_pixels - 1) / 2)
    first = first.clip(-size_pixels, [shape[1], shape[0]]).astype(np.int64)
    return first[:, 0], first[:, 1]


def _cut(header: ImageHeader, first_x: np.ndarray, first_y: np.ndarray, size: int) -> np.ndarray:
    """Return the cutouts with the given first pixels, reading each strip of the mosaic once."""
    images = np.zeros((len(first_x), size, size), dtype=np.float32)
    strip = first_y // max(STRIP_PIXELS // header.shape[1] - size, size)
    for number in np.unique(strip):
        wanted = strip == number
        left, low = first_x[wanted], first_y[wanted]
        pixels = _padded(header, Box(left.min(), left.max() + size, low.min(), low.max() + size))
        windows = np.lib.stride_tricks.sliding_window_view(pixels, (size, size))
        images[wanted] = windows[low - low.min(), left - left.min()]
    return images


def _padded(header: ImageHeader, box: Box) -> np.ndarray:
    """Return a rectangle of the mosaic, with 0 where it is blank and beyond its edges."""
    pixels = np.zeros(box.shape, dtype=np.float32)
    rows, columns = header.shape
    inside = Box(max(box.x0, 0), min(box.x1, columns), max(box.y0, 0), min(box.y1, rows))
    if min(inside.shape) > 0:
        found = read_pixels(header, inside)
        pixels[inside.within(box)] = np.where(np.isfinite(found), found, 0)
    return pixels
