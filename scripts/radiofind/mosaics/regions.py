"""Divide a mosaic into the regions train, validation and test, and into the patches counted in each.

Each position lies in at most one region, and train and validation positions are at least one receptive field
of the network away from any other region.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from radiofind.mosaics.box import Box, pixel_of

RECEPTIVE_FIELD_PIXELS = 13
"""Receptive field of the network of Lukic et al. 2019 (kernels 7, 5, 3 and 1: 1 + 6 + 4 + 2)."""

PATCH_PIXELS = 50
"""Side of the patches of Lukic et al. 2019; here the unit of the legacy score and of the bootstrap."""

REGIONS = ("train", "validation", "test")


@dataclass(frozen=True)
class Area:
    """The regions and patches of one mosaic in which finders are compared."""

    mosaic: str
    """Name of the mosaic."""
    shape: tuple[int, int]
    """Rows and columns."""
    train_box: Box | None = None
    """Where networks are trained, including the gap (see `inner_box`)."""
    validation_box: Box | None = None
    """Where training is validated and cuts are tuned, including the gap."""
    valid_patches: np.ndarray | None = None
    """Numbers (see `patch_numbers`) of the patches with valid pixels; None means all patches."""

    def regions(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the region of each position (see `assign_region`)."""
        return assign_region(
            x, y, train_box=self.train_box, validation_box=self.validation_box, shape=self.shape
        )

    def patches_of(self, region: str) -> np.ndarray:
        """Return the numbers of the valid patches that overlap a region."""
        patches = np.arange(patches_in(self.shape)) if self.valid_patches is None else self.valid_patches
        row, column = np.divmod(patches, patches_across(self.shape))
        x, y = column * PATCH_PIXELS, row * PATCH_PIXELS
        box = {"train": self.train_box, "validation": self.validation_box}.get(region)
        if box:
            return patches[box.meets(x, x + PATCH_PIXELS, y, y + PATCH_PIXELS)]
        whole = [_fills(box, x, y) for box in (self.train_box, self.validation_box) if box]
        return patches[~np.any(whole, axis=0)] if whole else patches

    def label(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table of positions (x, y in mosaic pixels) with columns region and patch added."""
        x, y = table["x"].to_numpy(float), table["y"].to_numpy(float)
        return table.assign(region=self.regions(x, y), patch=patch_numbers(x, y, shape=self.shape))


def inner_box(box: Box, shape: tuple[int, int]) -> Box:
    """Return a box without the gap of one receptive field along each side inside the mosaic.

    Parameters
    ----------
    box
        A train or validation box, as in the mosaic sheet.
    shape
        Rows and columns of the mosaic.

    Raises
    ------
    ValueError
        If no pixels remain.
    """
    rows, columns = shape
    inner = Box(
        x0=box.x0 + RECEPTIVE_FIELD_PIXELS * (box.x0 > 0),
        x1=box.x1 - RECEPTIVE_FIELD_PIXELS * (box.x1 < columns),
        y0=box.y0 + RECEPTIVE_FIELD_PIXELS * (box.y0 > 0),
        y1=box.y1 - RECEPTIVE_FIELD_PIXELS * (box.y1 < rows),
    )
    if inner.x0 >= inner.x1 or inner.y0 >= inner.y1:
        raise ValueError(
            f"Expected a box with pixels left after a gap of {RECEPTIVE_FIELD_PIXELS} pixels along each side "
            f"inside the mosaic, received {box}"
        )
    return inner


def training_box(box: Box, shape: tuple[int, int]) -> Box:
    """Return the part of a train or validation box from which patches are cut.

    Parameters
    ----------
    box
        As in the mosaic sheet.
    shape
        Rows and columns of the mosaic.

    Raises
    ------
    ValueError
        If the box without its gap (see `inner_box`) is smaller than a patch.
    """
    inner = inner_box(box, shape)
    if min(inner.shape) < PATCH_PIXELS:
        raise ValueError(
            f"Expected a box of at least {PATCH_PIXELS} x {PATCH_PIXELS} pixels (a patch) without its gap, "
            f"received {box}, which leaves {inner}"
        )
    return inner


def assign_region(
    x: np.ndarray,
    y: np.ndarray,
    *,
    train_box: Box | None,
    validation_box: Box | None,
    shape: tuple[int, int],
) -> np.ndarray:
    """Return the region of each position.

    Parameters
    ----------
    x, y
        Mosaic pixels, shape (n,); pixel centres are at integers.
    train_box, validation_box
        As in the mosaic sheet; they may touch but not overlap.
    shape
        Rows and columns of the mosaic.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        ``train``, ``validation`` or ``test``; empty in a gap, outside the mosaic, or for NaN.

    Raises
    ------
    ValueError
        If the boxes overlap or are narrower than their gaps.
    """
    if train_box and validation_box and train_box.overlap(validation_box):
        raise ValueError(f"Expected boxes that do not overlap, received {train_box} and {validation_box}")
    rows, columns = shape
    region = np.where(Box(x0=0, x1=columns, y0=0, y1=rows).holds(x, y), "test", "").astype("U10")
    for name, box in (("train", train_box), ("validation", validation_box)):
        if box:
            region[box.holds(x, y)] = ""
            region[inner_box(box, shape).holds(x, y)] = name
    return region


def patch_numbers(x: np.ndarray, y: np.ndarray, *, shape: tuple[int, int]) -> np.ndarray:
    """Return the number of the patch of each position, counted row by row from 0.

    Parameters
    ----------
    x, y
        Mosaic pixels, shape (n,).
    shape
        Rows and columns of the mosaic; the last patches of a row or column may be smaller.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        -1 for positions outside the mosaic.
    """
    rows, columns = shape
    inside = Box(x0=0, x1=columns, y0=0, y1=rows).holds(x, y)
    column = np.where(inside, pixel_of(x), 0).astype(np.int64) // PATCH_PIXELS
    row = np.where(inside, pixel_of(y), 0).astype(np.int64) // PATCH_PIXELS
    return np.where(inside, row * patches_across(shape) + column, -1)


def patches_across(shape: tuple[int, int]) -> int:
    """Return the number of patches in each row of patches of a mosaic of this shape."""
    return -(-shape[1] // PATCH_PIXELS)


def patches_in(shape: tuple[int, int]) -> int:
    """Return the number of patches of a mosaic of this shape."""
    return -(-shape[0] // PATCH_PIXELS) * patches_across(shape)


def _fills(box: Box, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return whether the patches with these first pixels lie entirely inside a box."""
    along_x = (x >= box.x0) & (x + PATCH_PIXELS <= box.x1)
    return along_x & (y >= box.y0) & (y + PATCH_PIXELS <= box.y1)
