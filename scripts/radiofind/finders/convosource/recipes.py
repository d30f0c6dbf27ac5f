"""The ways to prepare the sky for a network and to train one: that of the paper, and the project's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from radiofind.finders.convosource.architectures import paper_network, residual_network

PAPER_FACTOR = 1e7
"""What the paper's code multiplies Jy/beam with."""


@dataclass(frozen=True)
class Recipe:
    """How a network sees the sky, and how it is trained."""

    name: str
    """Name in the configuration."""
    build: Callable[[], keras.Model]
    """Makes the network."""
    optimiser: Callable[[int], keras.optimizers.Optimizer]
    """Makes the optimiser for a number of steps."""
    scaling: str
    """Name of the input scaling, recorded with the model."""
    scale: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    """Returns the input of the network from pixels, mean and rms (Jy/beam)."""
    reach_pixels: int
    """How far from a pixel its probability depends on others, in pixels of the network."""
    blob_pixels: float
    """Standard deviation of the Gaussian that marks a source in the target; 0 for one pixel."""
    beam_pixels: float
    """The image is binned until its beam is no wider than twice this; infinite to leave it as it is."""
    batch: int
    """Patches or crops in a batch."""
    crop_pixels: int
    """Side of random crops, on whose inner part the loss is taken; 0 to train on the patches themselves."""
    turns: int
    """Orientations (quarter turns, then mirrored) over which probabilities are averaged."""
    most_epochs: float
    """Longest training, whatever the settings say; infinite for no limit."""
    patience_epochs: int
    """Training ends when the validation loss has not improved for so long; 0 for never."""


def asinh_of_snr(pixels: np.ndarray, mean: np.ndarray, rms: np.ndarray) -> np.ndarray:
    """Return asinh(SNR / 2): linear in the noise, logarithmic in bright sources; blank pixels are zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        snr = (pixels - mean) / rms
    return np.arcsinh(np.where(np.isfinite(snr), snr, 0) / 2).astype(np.float32)


def jansky_times_1e7(pixels: np.ndarray, _mean: np.ndarray, _rms: np.ndarray) -> np.ndarray:
    """Return the flux times 1e7; blank pixels are zero (the paper's mean noise would depend on the tile)."""
    return (np.where(np.isfinite(pixels), pixels, 0) * PAPER_FACTOR).astype(np.float32)


def _adam_with_cosine(steps: int) -> keras.optimizers.Optimizer:
    """Return Adam whose rate falls to zero over so many steps."""
    return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, steps))


def _adadelta(_steps: int) -> keras.optimizers.Optimizer:
    """Return the paper's optimiser; Keras 3 would start it at a rate of 0.001."""
    return keras.optimizers.Adadelta(learning_rate=1.0, rho=0.99)


RECIPES = {
    "paper": Recipe(
        name="paper",
        build=paper_network,
        optimiser=_adadelta,
        scaling="jansky_times_1e7",
        scale=jansky_times_1e7,
        reach_pixels=6,
        blob_pixels=0.0,
        beam_pixels=np.inf,
        batch=128,
        crop_pixels=0,
        turns=1,
        most_epochs=50,
        patience_epochs=5,
    ),
    "default": Recipe(
        name="default",
        build=residual_network,
        optimiser=_adam_with_cosine,
        scaling="asinh_of_snr",
        scale=asinh_of_snr,
        reach_pixels=13,
        blob_pixels=1.0,
        beam_pixels=3.0,
        batch=32,
        crop_pixels=64,
        turns=8,
        most_epochs=np.inf,
        patience_epochs=0,
    ),
}
"""The recipes by the name that the configuration uses."""
