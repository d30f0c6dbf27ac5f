"""Divide a mosaic into the regions train, validation and test, and into the patches that are counted in each.

No position lies in two regions, and no train or validation position has a neighbour of another region within
one receptive field of the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from radiofind.mosaics.box import Box, pixel_of

RECEPTIVE_FIELD_PIXELS = 13
"""Width that the network of Lukic et al. 2019 sees (kernels 7, 5, 3 and 1: 1 + 6 + 4 + 2)."""

PATCH_PIXELS = 50
"""Side of the patches of Lukic et al. 2019; here the unit of the legacy rule and of the bootstrap."""

REGIONS = ("train", "validation", "test")


@dataclass(frozen=True)
class Area:
    """The ground on which the finders of one mosaic are compared."""

    mosaic: str
    """Name of the mosaic."""
    shape: tuple[int, int]
    """Rows and columns."""
    train_box: Box | None = None
    """Where networks are trained, before the gap is taken out."""
    validation_box: Box | None = None
    """Where early stopping and cuts look, before the gap is taken out."""
    valid_patches: np.ndarray | None = None
    """Numbers (see `patch_numbers`) of the patches that hold pixels that are not blank; all when None."""

    def regions(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the region of each position, as `assign_region` does."""
        return assign_region(
            x, y, train_box=self.train_box, validation_box=self.validation_box, shape=self.shape
        )

    def patches_of(self, region: str) -> np.ndarray:
        """Return the numbers of the valid patches that may hold pixels of a region."""
        patches = np.arange(patches_in(self.shape)) if self.valid_patches is None else self.valid_patches
        row, column = np.divmod(patches, patches_across(self.shape))
        x, y = column * PATCH_PIXELS, row * PATCH_PIXELS
        box = {"train": self.train_box, "validation": self.validation_box}.get(region)
        if box:
            return patches[box.meets(x, x + PATCH_PIXELS, y, y + PATCH_PIXELS)]
        whole = [_fills(box, x, y) for box in (self.train_box, self.validation_box) if box]
        return patches[~np.any(whole, axis=0)] if whole else patches

    def label(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table of positions (x, y in mosaic pixels) with the columns region and patch added."""
        x, y = table["x"].to_numpy(float), table["y"].to_numpy(float)
        return table.assign(region=self.regions(x, y), patch=patch_numbers(x, y, shape=self.shape))


def inner_box(box: Box, shape: tuple[int, int]) -> Box:
    """Return the box without the gap of one receptive field at each side that is not the mosaic's edge.

    Parameters
    ----------
    box
        A train or validation box, as in the mosaic sheet.
    shape
        Rows and columns of the mosaic.

    Raises
    ------
    ValueError
        When nothing is left.
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
            f"Expected a box that holds pixels after a gap of {RECEPTIVE_FIELD_PIXELS} is taken out "
            f"at each side inside the mosaic, received {box.x0}:{box.x1},{box.y0}:{box.y1}"
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
    """Return the region that each position belongs to.

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
        ``train``, ``validation``, ``test``, or nothing: in a gap, outside the mosaic, or not a number.

    Raises
    ------
    ValueError
        When the boxes overlap or are narrower than their gaps.
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
    """Return the number of the patch that holds each position, counted row by row from 0.

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
    """Return how many patches lie side by side in a mosaic of this many rows and columns."""
    return -(-shape[1] // PATCH_PIXELS)


def patches_in(shape: tuple[int, int]) -> int:
    """Return how many patches a mosaic of this many rows and columns has."""
    return -(-shape[0] // PATCH_PIXELS) * patches_across(shape)


def _fills(box: Box, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return whether patches with these first pixels lie inside a box."""
    along_x = (x >= box.x0) & (x + PATCH_PIXELS <= box.x1)
    return along_x & (y >= box.y0) & (y + PATCH_PIXELS <= box.y1)
