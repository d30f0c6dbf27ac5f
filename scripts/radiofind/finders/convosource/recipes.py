"""The recipes for inputs, architecture and training: the default, two of papers, one for any beam."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from radiofind.finders.convosource.architectures import (
    deepsource_network,
    general_network,
    paper_network,
    residual_network,
)
from radiofind.finders.convosource.limits import REACH_PIXELS, SCALINGS
from radiofind.finders.convosource.targets import blobs, demand_map, single_pixels
from radiofind.networks.lean_keras import keras

PAPER_FACTOR = 1e7
"""Factor by which the paper's code multiplies Jy/beam."""


@dataclass(frozen=True)
class Recipe:
    """The inputs, the architecture and the training of a network."""

    name: str
    """Name in the configuration."""
    build: Callable[[], keras.Model]
    """Returns a new network."""
    optimiser: Callable[[int], keras.optimizers.Optimizer]
    """Returns the optimiser for a number of steps."""
    scaling: str
    """Name of the input scaling, recorded with the model."""
    scale: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    """Returns the input of the network from pixels, mean and rms (Jy/beam)."""
    reach_pixels: int
    """Radius of the receptive field, in pixels of the network."""
    target: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    """Returns what the network is taught, from its input and the positions of sources (x, y)."""
    loss: str
    """Name of the loss (see `training.LOSSES`)."""
    beam_pixels: float
    """Smallest width of the beam after binning (see `binning.bin_factor`); infinite for no binning."""
    batch: int
    """Patches or crops in a batch."""
    crop_pixels: int
    """Side of random crops, whose inner part enters the loss; 0 to train on the patches themselves."""
    turns: int
    """Orientations (quarter turns, then mirrored) over which probabilities are averaged."""
    most_epochs: float
    """Most epochs, whatever the settings say; infinite for no limit."""
    patience_epochs: int
    """Epochs without a better validation loss after which training ends; 0 for never."""


def asinh_of_snr(pixels: np.ndarray, mean: np.ndarray, rms: np.ndarray) -> np.ndarray:
    """Return asinh(SNR / 2): linear for noise, logarithmic for bright sources; blank pixels are zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        snr = (pixels - mean) / rms
    return np.arcsinh(np.where(np.isfinite(snr), snr, 0) / 2).astype(np.float32)


def jansky_times_1e7(pixels: np.ndarray, _mean: np.ndarray, _rms: np.ndarray) -> np.ndarray:
    """Return pixels times 1e7; blank pixels are zero (the paper's mean noise would depend on the tile)."""
    return (np.where(np.isfinite(pixels), pixels, 0) * PAPER_FACTOR).astype(np.float32)


def _adam_with_cosine(steps: int) -> keras.optimizers.Optimizer:
    """Return Adam with a learning rate that falls to zero over a number of steps."""
    return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, steps))


def _adadelta(_steps: int) -> keras.optimizers.Optimizer:
    """Return the paper's optimiser; the default learning rate of Keras 3 is 0.001 instead."""
    return keras.optimizers.Adadelta(learning_rate=1.0, rho=0.99)


def _rmsprop(_steps: int) -> keras.optimizers.Optimizer:
    """Return the optimiser of DeepSource."""
    return keras.optimizers.RMSprop(1e-3)


RECIPES = {
    "paper": Recipe(
        name="paper",
        build=paper_network,
        optimiser=_adadelta,
        scaling=SCALINGS["paper"],
        scale=jansky_times_1e7,
        reach_pixels=REACH_PIXELS["paper"],
        target=single_pixels,
        loss="binary_crossentropy",
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
        scaling=SCALINGS["default"],
        scale=asinh_of_snr,
        reach_pixels=REACH_PIXELS["default"],
        target=blobs,
        loss="binary_crossentropy",
        beam_pixels=3.0,
        batch=32,
        crop_pixels=64,
        turns=8,
        most_epochs=np.inf,
        patience_epochs=0,
    ),
    "deepsource": Recipe(
        name="deepsource",
        build=deepsource_network,
        optimiser=_rmsprop,
        scaling=SCALINGS["deepsource"],
        scale=asinh_of_snr,
        reach_pixels=REACH_PIXELS["deepsource"],
        target=demand_map,
        loss="mean_squared_error",
        beam_pixels=3.0,
        batch=32,
        crop_pixels=64,
        turns=1,
        most_epochs=np.inf,
        patience_epochs=0,
    ),
}
"""The recipes by their names in the configuration."""
RECIPES["general"] = replace(
    RECIPES["default"],
    name="general",
    build=general_network,
    scaling=SCALINGS["general"],
    reach_pixels=REACH_PIXELS["general"],
    beam_pixels=2.4,
)
