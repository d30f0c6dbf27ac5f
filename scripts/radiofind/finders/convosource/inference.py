"""Run a network over images of any size, fully convolutionally and in bounded memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from radiofind.networks.backend import compiles_kernels
from radiofind.networks.lean_keras import keras
from radiofind.networks.orientations import turned, turned_back

BLOCK_PIXELS = 1000
"""Side of the blocks to which the network is applied, without margins; memory grows with it."""

MULTIPLE = 16
"""Sides of arrays are rounded up to a multiple of this: others are a third slower in bfloat16."""

Predictor = Callable[[np.ndarray], np.ndarray]
"""Function from (n, rows, columns, 1) inputs to probabilities of the same shape."""


def predictor_of(network: keras.Model) -> Predictor:
    """Return a function that runs a network as one compiled graph.

    Parameters
    ----------
    network
        A network whose output has the shape of its input, (n, rows, columns, 1).
    """
    network.compile(jit_compile=compiles_kernels())
    return network.predict_on_batch


def probability_map(
    predict: Predictor, inputs: np.ndarray, *, reach_pixels: int, turns: int, block_pixels: int = BLOCK_PIXELS
) -> np.ndarray:
    """Return the probability of each pixel, the same as if the network were applied to the image at once.

    Parameters
    ----------
    predict
        Result of `predictor_of`.
    inputs
        2D float32 ndarray, scaled by the recipe of the network.
    reach_pixels
        Radius of the receptive field of the network, which is the margin around each block.
    turns
        Number of orientations of the image to average over, 1 to 8.
    block_pixels
        Side of the blocks; with margins it is rounded up to a multiple of 16.

    Returns
    -------
    2D float32 ndarray
        Same shape. Beyond the edges of the image the network sees zeros, as for blank pixels.

    Notes
    -----
    All blocks have the same shape, so that the graph is compiled only once; the last blocks overlap earlier
    ones.
    """
    padded = np.pad(inputs, reach_pixels)
    output = np.empty_like(inputs)
    height, width = (_block_side(size, block_pixels, 2 * reach_pixels) for size in inputs.shape)
    for row in _starts(inputs.shape[0], height):
        for column in _starts(inputs.shape[1], width):
            block = padded[row : row + height + 2 * reach_pixels, column : column + width + 2 * reach_pixels]
            found = _averaged(predict, block, turns)
            inner = found[reach_pixels : reach_pixels + height, reach_pixels : reach_pixels + width]
            output[row : row + height, column : column + width] = inner
    return output


def _block_side(size: int, longest: int, margins: int) -> int:
    """Return the side of equal blocks that cover an axis; with margins a multiple of 16, if that fits."""
    equal = -(-size // -(-size // longest))
    return min(-(-(equal + margins) // MULTIPLE) * MULTIPLE - margins, size)


def _starts(size: int, side: int) -> list[int]:
    """Return the first pixels of the blocks along an axis; the last block ends with the image."""
    return [min(start, size - side) for start in range(0, size, side)]


def _averaged(predict: Predictor, block: np.ndarray, turns: int) -> np.ndarray:
    """Return the probability map of a block, averaged over orientations."""
    total = np.zeros(block.shape, dtype=np.float32)
    for way in range(turns):
        inputs = np.ascontiguousarray(turned(block, way))[np.newaxis, ..., np.newaxis]
        total += turned_back(np.asarray(predict(inputs))[0, ..., 0], way)
    return total / turns
