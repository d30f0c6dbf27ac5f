"""Find the nodes whose boxes are covered by emission, and give them the noise without it.

Clipping removes sources that fill up to about a quarter of a box. A larger one raises mean and rms of the
boxes that it covers, until the brightest source of an image is no longer above its own noise. The node of
such a box has a much higher rms than its surroundings, and its excess is positive, whereas artefacts and a
varying sensitivity widen the pixel values on both sides of the mean. So the node takes the mean of its
surroundings and the rms of its own pixels below that mean, or that of the surroundings if this is higher.
"""

from __future__ import annotations

import numpy as np

from radiofind.mosaics.clipping import clipped_statistics
from radiofind.mosaics.noise_lattice import BoxPixels, Lattice, Nodes, measure_nodes, node_samples

SURROUNDINGS_BOXES = 2
"""Distance, along each axis, of the boxes that are the surroundings of a node, in sides of a box."""
QUIET_FRACTION = 0.2
"""The quiet boxes of the surroundings have an rms of at most `EXCESS` times this quantile of all."""
EXCESS = 1.3
"""A node is covered if its rms is above this multiple of the one without emission. Chosen on simulated skies
(benchmarks/noise.py, seed 3)."""


def emission_reach_pixels(lattice: Lattice) -> int:
    """Return the largest distance, along an axis, of pixels that affect a node."""
    return SURROUNDINGS_BOXES * lattice.box_pixels + lattice.box_pixels // 2


def quiet_surroundings(image: BoxPixels, nodes: Nodes, lattice: Lattice) -> np.ndarray:
    """Return the median mean and rms of the quiet boxes around each node.

    Parameters
    ----------
    image
        Pixels up to `emission_reach_pixels` from the nodes, clipped to the mosaic.
    nodes
        The nodes.
    lattice
        The lattice to which they belong; its boxes that lie side by side are the surroundings.

    Returns
    -------
    ndarray, shape (2, rows, columns)
        NaN where no box has enough valid pixels.
    """
    side = lattice.box_pixels
    columns, rows = (_side_by_side(positions, side) for positions in (nodes.x, nodes.y))
    boxes = measure_nodes(image, columns, rows, side)
    x, near_x = _window(nodes.x, columns, side)
    y, near_y = _window(nodes.y, rows, side)
    around = boxes.values[:, y[:, np.newaxis, :, np.newaxis], x[np.newaxis, :, np.newaxis, :]]
    near = near_y[:, np.newaxis, :, np.newaxis] & near_x[np.newaxis, :, np.newaxis, :]
    mean, rms = np.where(near, around, np.nan).reshape(2, len(nodes.y), len(nodes.x), -1)
    with np.errstate(invalid="ignore"):
        quiet = rms <= EXCESS * _quantile(rms, QUIET_FRACTION)[..., np.newaxis]
    return np.array([_quantile(np.where(quiet, values, np.nan), 0.5) for values in (mean, rms)])


def without_emission(
    image: BoxPixels, nodes: Nodes, expected: np.ndarray, *, box_pixels: int
) -> tuple[Nodes, np.ndarray]:
    """Return nodes with the noise without emission where they are covered by it, and which ones these are.

    Parameters
    ----------
    image
        Pixels that hold the boxes of all nodes, clipped to the mosaic.
    nodes
        The measured nodes.
    expected
        Mean and rms (Jy/beam) around each node, shape (2, rows, columns).
    box_pixels
        Side of the boxes.

    Returns
    -------
    Nodes
        The same nodes.
    2D ndarray of bool
        Whether a node is covered.
    """
    values = nodes.values.copy()
    covered = np.zeros(values.shape[1:], dtype=bool)
    with np.errstate(invalid="ignore"):
        suspects = values[1] > EXCESS * expected[1]
    for row in np.flatnonzero(suspects.any(axis=1)):
        columns = np.flatnonzero(suspects[row])
        samples = node_samples(image, nodes.x[columns], nodes.y[row], box_pixels)
        mean, rms = expected[:, row, columns]
        rms = np.fmax(rms, _rms_below(samples, mean))
        emission = values[1, row, columns] > EXCESS * rms
        columns = columns[emission]
        covered[row, columns] = True
        values[:, row, columns] = mean[emission], rms[emission]
    return Nodes(nodes.x, nodes.y, values), covered


def _rms_below(samples: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the clipped rms of the pixels below a mean and of their mirror images above it.

    Parameters
    ----------
    samples
        Shape (nodes, pixels).
    mean
        Shape (nodes,).
    """
    below = samples - mean[:, np.newaxis].astype(np.float32)
    below = np.where(below < 0, below, np.float32(np.nan))
    _median, rms = clipped_statistics(np.concatenate([below, -below], axis=1))
    return rms


def _side_by_side(positions: np.ndarray, side: int) -> np.ndarray:
    """Return the centres of the boxes side by side whose centres lie around any of the positions."""
    first = -((SURROUNDINGS_BOXES * side - positions[0]) // side)
    last = (positions[-1] + SURROUNDINGS_BOXES * side) // side
    return np.arange(first, last + 1) * side


def _window(positions: np.ndarray, centres: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each position the numbers of the nearest centres, and whether they lie around it."""
    start = positions[:, np.newaxis] // side - SURROUNDINGS_BOXES
    wanted = start + np.arange(2 * SURROUNDINGS_BOXES + 2)
    near = np.abs(wanted * side - positions[:, np.newaxis]) <= SURROUNDINGS_BOXES * side
    return np.where(near, wanted - centres[0] // side, 0), near


def _quantile(values: np.ndarray, fraction: float) -> np.ndarray:
    """Return the value at a quantile of each set along the last axis, the lower of two; NaN is ignored."""
    ordered = np.sort(values, axis=-1)
    count = np.count_nonzero(np.isfinite(values), axis=-1)
    rank = np.floor(np.maximum(count - 1, 0) * fraction).astype(int)
    return np.take_along_axis(ordered, rank[..., np.newaxis], axis=-1)[..., 0]
