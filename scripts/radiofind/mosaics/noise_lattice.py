"""Mean and noise at the nodes of a lattice, and between them.

The nodes lie at multiples of the step in mosaic pixels, so the values at a pixel do not depend on the tile in
which they are measured. A node has the sigma-clipped statistics of the box around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from radiofind.mosaics.box import Box
from radiofind.mosaics.clipping import clipped_statistics


@dataclass(frozen=True)
class Lattice:
    """The boxes in which the noise is measured."""

    box_pixels: int
    """Side of the box of a node."""
    step_pixels: int
    """Distance between nodes."""


@dataclass(frozen=True)
class BoxPixels:
    """The pixels of a box of a mosaic."""

    pixels: np.ndarray
    """2D float32 ndarray, Jy/beam, NaN where blanked."""
    box: Box
    """The box, of the same shape."""


@dataclass(frozen=True)
class Nodes:
    """The mean and the noise at the nodes of a lattice."""

    x: np.ndarray
    """Columns of the nodes, in mosaic pixels."""
    y: np.ndarray
    """Rows of the nodes."""
    values: np.ndarray
    """Mean and rms, shape (2, rows, columns)."""


def positions_around(start: int, stop: int, step_pixels: int) -> np.ndarray:
    """Return the positions of the nodes that enclose the pixels from start to stop."""
    return np.arange(start // step_pixels, (stop - 1) // step_pixels + 2) * step_pixels


def measure_nodes(image: BoxPixels, columns: np.ndarray, rows: np.ndarray, box_pixels: int) -> Nodes:
    """Return the measured nodes at the crossings of columns and rows (mosaic pixels)."""
    values = np.array([measure_row(image, columns, row, box_pixels) for row in rows])
    return Nodes(columns, rows, values.transpose(1, 0, 2))


def measure_row(image: BoxPixels, columns: np.ndarray, row: int, box_pixels: int) -> np.ndarray:
    """Return mean and rms, shape (2, columns), at the nodes of one row."""
    return np.array(clipped_statistics(node_samples(image, columns, row, box_pixels)))


def node_samples(image: BoxPixels, columns: np.ndarray, row: int, box_pixels: int) -> np.ndarray:
    """Return the pixels of the boxes of one row, shape (columns, pixels); NaN beyond the mosaic."""
    samples = np.full((len(columns), box_pixels, box_pixels), np.nan, dtype=np.float32)
    pixels, box, half = image.pixels, image.box, box_pixels // 2
    y0, y1 = max(row - half, box.y0), min(row - half + box_pixels, box.y1)
    for node, column in enumerate(columns):
        x0, x1 = max(column - half, box.x0), min(column - half + box_pixels, box.x1)
        if x0 < x1 and y0 < y1:
            cut = pixels[y0 - box.y0 : y1 - box.y0, x0 - box.x0 : x1 - box.x0]
            samples[node, : y1 - y0, : x1 - x0] = cut
    return samples.reshape(len(columns), -1)


def interpolate(nodes: Nodes, target: Box) -> np.ndarray:
    """Return mean and rms over a box as float32, interpolated between the nodes with a value."""
    weights = np.isfinite(nodes.values).astype(float)
    if weights.all():
        return bilinear(nodes.values, nodes, target)
    total = bilinear(np.where(weights > 0, nodes.values, 0), nodes, target)
    weight = bilinear(weights, nodes, target)
    return np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)


def bilinear(values: np.ndarray, nodes: Nodes, target: Box) -> np.ndarray:
    """Return values interpolated along x, then y; element by element, so that all tiles round alike."""
    below, fraction = _between(nodes.x, target.x0, target.x1)
    values = values[:, :, below] * (1 - fraction) + values[:, :, below + 1] * fraction
    below, fraction = _between(nodes.y, target.y0, target.y1)
    maps = np.empty((len(values), *target.shape), dtype=np.float32)
    for row, (node, weight) in enumerate(zip(below, fraction, strict=True)):
        maps[:, row] = values[:, node] * (1 - weight) + values[:, node + 1] * weight
    return maps


def _between(positions: np.ndarray, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each pixel the node before it, and its fractional distance to the next."""
    step = positions[1] - positions[0]
    below, beyond = np.divmod(np.arange(start, stop) - positions[0], step)
    return below, beyond / step
