"""Run a network over images of any size, fully convolutionally and in bounded memory."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from radiofind.networks.backend import compiles_kernels
from radiofind.networks.orientations import turned, turned_back

BLOCK_PIXELS = 1000
"""Side of the square that the network is run on at once, without its margin; the memory grows with it."""

MULTIPLE = 16
"""Sides of arrays are rounded up to it: others cost a third of the speed in bfloat16."""

Predictor = Callable[[np.ndarray], np.ndarray]
"""From (n, rows, columns, 1) inputs to probabilities of the same shape."""


def predictor_of(network: keras.Model) -> Predictor:
    """Return a function that runs a network as one compiled graph.

    Parameters
    ----------
    network
        From (n, rows, columns, 1) to the same shape.
    """
    network.compile(jit_compile=compiles_kernels())
    return network.predict_on_batch


def probability_map(
    predict: Predictor, inputs: np.ndarray, *, reach_pixels: int, turns: int, block_pixels: int = BLOCK_PIXELS
) -> np.ndarray:
    """Return the probability of each pixel, as if the network had been run over the whole image at once.

    Parameters
    ----------
    predict
        Result of `predictor_of`.
    inputs
        2D float32 ndarray, scaled as the network wants it.
    reach_pixels
        How far from a pixel the network looks: the margin that is added to each block.
    turns
        Probabilities are averaged over so many orientations of the image, 1 to 8.
    block_pixels
        Side of the blocks; with margins it is rounded up to a multiple of 16.

    Returns
    -------
    2D float32 ndarray
        Same shape. Beyond the edges of the image the network sees zeros, as it does for blank pixels.

    Notes
    -----
    All blocks have one shape, so that the graph is compiled once; the last ones overlap those before.
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
    """Return the side of equal blocks that cover so many pixels; with margins a multiple, if it fits."""
    equal = -(-size // -(-size // longest))
    return min(-(-(equal + margins) // MULTIPLE) * MULTIPLE - margins, size)


def _starts(size: int, side: int) -> list[int]:
    """Return where blocks start; the last one ends with the image."""
    return [min(start, size - side) for start in range(0, size, side)]


def _averaged(predict: Predictor, block: np.ndarray, turns: int) -> np.ndarray:
    """Return the mean probability over orientations of a block."""
    total = np.zeros(block.shape, dtype=np.float32)
    for way in range(turns):
        inputs = np.ascontiguousarray(turned(block, way))[np.newaxis, ..., np.newaxis]
        total += turned_back(np.asarray(predict(inputs))[0, ..., 0], way)
    return total / turns
