"""How classifiers are trained: as the papers did, and as works on the cutouts of this workflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import keras
import numpy as np

from radiofind.classifiers.augmentation import Augmentation
from radiofind.classifiers.preparation import Preparation

RATE = 1e-3
"""Learning rate at the start, of the others."""
LOW_RATE = 3e-4
"""Likewise of deep networks without normalisation, which at a higher one often do not begin to learn."""
HIGHEST_RATE = 2e-3
"""Highest learning rate of `adamw_with_cosine`."""
SEEN = 0.6
"""Part of the side of a cutout that a network of the recipe default sees at least."""

TURNED = Augmentation(rotate=True, flip=True, shift_pixels=2, scale=0.1)
"""Copies of the recipe default."""

Optimiser = Callable[[int, int], keras.optimizers.Optimizer]
"""Makes an optimiser for a number of steps in an epoch and a number of epochs."""


@dataclass(frozen=True)
class ClassifierRecipe:
    """What a classifier sees of a cutout, and how it is trained."""

    preparation: Preparation
    """What it sees."""
    augmentation: Augmentation
    """Copies that are made when the settings ask for it."""
    optimiser: Optimiser
    """Makes the optimiser."""
    batch: int
    """Cutouts in a batch."""
    patience_epochs: int
    """Training ends when it has not improved on the validation cutouts for so long; 0 for never."""
    binned: bool = False
    """Whether pixels of large cutouts are averaged, so that the network sees most of them, see `fitted`."""
    most_epochs: float = np.inf
    """Longest training, whatever the settings say."""
    best_by: str = "validation_loss"
    """What is lowest in the epoch that is kept: ``validation_loss`` or ``validation_error``."""
    judged_over_epochs: int = 1
    """Mean of so many epochs, each with those before it, that is to be lowest."""
    balanced: bool = False
    """Whether all classes weigh the same, however rare they are."""
    label_smoothing: float = 0.0
    """Part of the probability that the loss wants evenly on all classes."""
    turns: int = 1
    """Orientations (quarter turns, then mirrored) over which probabilities are averaged."""
    network: Mapping[str, object] = field(default_factory=dict)
    """Settings of the network that belong to the recipe."""


def fitted(recipe: ClassifierRecipe, side_pixels: int, clip_rms: float) -> Preparation:
    """Return the preparation of cutouts of this size.

    Parameters
    ----------
    recipe
        Where it bins, as few pixels are averaged as show the network 0.6 of the side.
    side_pixels
        The shorter side of the cutouts.
    clip_rms
        Pixels below so many rms become 0.
    """
    preparation = recipe.preparation
    seen = preparation.size_pixels * preparation.wide
    least = int(np.ceil(SEEN * side_pixels / seen)) if recipe.binned else 1
    return replace(preparation, binning=max(least, preparation.binning), clip_rms=float(clip_rms))


def adam(_steps: int, _epochs: int) -> keras.optimizers.Optimizer:
    """Return Adam at one rate (Lukic et al. 2019b)."""
    return keras.optimizers.Adam(RATE)


def adam_with_cosine(steps: int, epochs: int, rate: float = RATE) -> keras.optimizers.Optimizer:
    """Return Adam whose rate falls to zero over the training."""
    return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps * epochs))


def low_adam_with_cosine(steps: int, epochs: int) -> keras.optimizers.Optimizer:
    """Return the same at a low rate."""
    return adam_with_cosine(steps, epochs, LOW_RATE)


def adamw_with_cosine(steps: int, epochs: int) -> keras.optimizers.Optimizer:
    """Return AdamW (Loshchilov & Hutter 2019); its rate rises for a twentieth of the training, then falls."""
    total = steps * epochs
    rise = max(total // 20, 1)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.05 * HIGHEST_RATE, max(total - rise, 1), alpha=0.0, warmup_target=HIGHEST_RATE, warmup_steps=rise
    )
    return keras.optimizers.AdamW(schedule, weight_decay=0.01)


def adam_by_epochs(steps: int, _epochs: int) -> keras.optimizers.Optimizer:
    """Return Adam whose rate falls by a tenth each epoch (the capsules of Lukic et al. 2019b)."""
    schedule = keras.optimizers.schedules.ExponentialDecay(RATE, steps, 0.9, staircase=True)
    return keras.optimizers.Adam(schedule)


def nesterov_in_steps(steps: int, epochs: int) -> keras.optimizers.Optimizer:
    """Return Nesterov's method at a rate that is divided by 10 four times (Lukic et al. 2018).

    Parameters
    ----------
    steps, epochs
        Of the training, which is divided into five equal parts: the paper does not say where it did it.
    """
    ends = [max(steps * epochs * part // 5, part) for part in range(1, 5)]
    rates = [RATE * 10.0**-part for part in range(5)]
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(ends, rates)
    return keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True)


def default_recipe(
    size_pixels: int, *, optimiser: Optimiser = adam_with_cosine, **network: object
) -> ClassifierRecipe:
    """Return the recipe that works for cutouts of any brightness, on a CPU.

    Parameters
    ----------
    size_pixels
        Side of what the network sees.
    optimiser
        Makes the optimiser.
    **network
        Settings of the network.
    """
    return ClassifierRecipe(
        preparation=Preparation(size_pixels, scaling="sqrt"),
        augmentation=TURNED,
        optimiser=optimiser,
        batch=32,
        patience_epochs=15,
        binned=True,
        balanced=True,
        turns=8,
        network=network,
    )


def small_set_recipe() -> ClassifierRecipe:
    """Return the recipe of the architecture ``default``, for sets of some hundred or thousand cutouts.

    Notes
    -----
    Each pixel as it is, since the difference between compact and slightly extended is a part of the beam, and
    beside it three times as much sky. Sizes are not changed: the beam of a survey has one. Training goes on
    to the end, since the last epochs, with their low rates, are mostly the best. On 84 validation cutouts of
    MiraBest the loss of an epoch scattered by 0.1 in the middle of the training, where it was higher, and by
    0.01 at its end: hence the mean over ten epochs.
    """
    return ClassifierRecipe(
        preparation=Preparation(64, centring="centroid", scaling="sqrt", wide=3, circle=True),
        augmentation=Augmentation(rotate=True, flip=True, shift_pixels=3, scale=0.0),
        optimiser=adamw_with_cosine,
        batch=32,
        patience_epochs=0,
        judged_over_epochs=10,
        binned=True,
        balanced=True,
        label_smoothing=0.1,
    )


def paper_2019(optimiser: Optimiser = adam, **network: object) -> ClassifierRecipe:
    """Return the recipe of Lukic et al. 2019b, by its public code.

    Parameters
    ----------
    optimiser
        Makes the optimiser.
    **network
        Settings of the network.

    Notes
    -----
    The inner 100 x 100 pixels as they are. The copies stand for those that the authors stored: turned,
    mirrored and moved ones. The epoch with the best accuracy is kept; theirs was judged on the test cutouts.
    """
    return ClassifierRecipe(
        preparation=Preparation(100, scaling="2019"),
        augmentation=Augmentation(rotate=True, flip=True, shift_pixels=5, scale=0.0),
        optimiser=optimiser,
        batch=100,
        patience_epochs=0,
        most_epochs=50,
        best_by="validation_error",
        network=network,
    )


PAPER_2018 = ClassifierRecipe(
    preparation=Preparation(132, scaling="raw"),
    augmentation=Augmentation(rotate=True, flip=True, shift_pixels=5, scale=0.0),
    optimiser=nesterov_in_steps,
    batch=8,
    patience_epochs=0,
    most_epochs=1000,
)
"""The recipe of Lukic et al. 2018."""
