"""Training recipes of classifiers: those of the papers, and our default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from radiofind.classifiers.augmentation import Augmentation
from radiofind.classifiers.preparation import Preparation
from radiofind.networks.lean_keras import keras

RATE = 1e-3
"""Initial learning rate of most recipes."""
LOW_RATE = 3e-4
"""Initial rate of deep networks without normalisation, which often fail to learn at a higher one."""
HIGHEST_RATE = 2e-3
"""Highest learning rate of `adamw_with_cosine`."""
SEEN = 0.6
"""Minimum fraction of a cutout's side that a network of the recipe default sees."""

TURNED = Augmentation(rotate=True, flip=True, shift_pixels=2, scale=0.1)
"""Augmentation of the recipe default."""

Optimiser = Callable[[int, int], keras.optimizers.Optimizer]
"""Function that makes an optimiser for a number of steps per epoch and a number of epochs."""


@dataclass(frozen=True)
class ClassifierRecipe:
    """The preparation of cutouts and the training of a classifier."""

    preparation: Preparation
    """Preparation of the cutouts."""
    augmentation: Augmentation
    """Augmentation, used if the setting ``augment`` is true."""
    optimiser: Optimiser
    """Makes the optimiser."""
    batch: int
    """Cutouts per batch."""
    patience_epochs: int
    """Epochs without improvement on the validation cutouts after which training stops; 0 for never."""
    binned: bool = False
    """Whether to bin large cutouts, so that the network sees most of them, see `fitted`."""
    most_epochs: float = np.inf
    """Maximum number of epochs, whatever the settings."""
    best_by: str = "validation_loss"
    """The quantity minimised by the epoch kept: ``validation_loss`` or ``validation_error``."""
    mean_over_epochs: int = 1
    """Number of epochs (the current and previous ones) over which that quantity is averaged."""
    balanced: bool = False
    """Whether all classes have equal weight, however rare."""
    label_smoothing: float = 0.0
    """Fraction of the target probability spread evenly over all classes."""
    turns: int = 1
    """Number of orientations (rotations by 90 deg, then mirrored) over which predictions are averaged."""
    network: Mapping[str, object] = field(default_factory=dict)
    """Settings of the network defined by the recipe."""


def fitted(recipe: ClassifierRecipe, side_pixels: int, clip_rms: float) -> Preparation:
    """Return the preparation for cutouts of a given size.

    Parameters
    ----------
    recipe
        The recipe. If it bins, the smallest binning is used with which the network sees 0.6 of the side.
    side_pixels
        The shorter side of the cutouts.
    clip_rms
        Pixels below this many rms become 0.
    """
    preparation = recipe.preparation
    seen = preparation.size_pixels * preparation.wide
    least = int(np.ceil(SEEN * side_pixels / seen)) if recipe.binned else 1
    return replace(preparation, binning=max(least, preparation.binning), clip_rms=float(clip_rms))


def adam(_steps: int, _epochs: int) -> keras.optimizers.Optimizer:
    """Return Adam with a constant rate (Lukic et al. 2019b)."""
    return keras.optimizers.Adam(RATE)


def adam_with_cosine(steps: int, epochs: int, rate: float = RATE) -> keras.optimizers.Optimizer:
    """Return Adam whose rate falls to zero over the training."""
    return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps * epochs))


def low_adam_with_cosine(steps: int, epochs: int) -> keras.optimizers.Optimizer:
    """Return `adam_with_cosine` with a low rate."""
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
    """Return SGD with Nesterov momentum; its rate is divided by 10 four times (Lukic et al. 2018).

    Parameters
    ----------
    steps, epochs
        Steps per epoch and epochs. The rate changes after each fifth of the training; the paper does not
        say when.
    """
    ends = [max(steps * epochs * part // 5, part) for part in range(1, 5)]
    rates = [RATE * 10.0**-part for part in range(5)]
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(ends, rates)
    return keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True)


def default_recipe(
    size_pixels: int, *, optimiser: Optimiser = adam_with_cosine, **network: object
) -> ClassifierRecipe:
    """Return the recipe ``default`` for cutouts of any brightness, feasible on a CPU.

    Parameters
    ----------
    size_pixels
        Side of the network's input.
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
    """Return the recipe of the architecture ``default``, for data sets of hundreds to thousands of cutouts.

    Notes
    -----
    The first plane has full resolution, as compact and slightly extended sources differ by less than a beam;
    the second shows three times as much sky. Sizes are not augmented, as the beam of a survey is fixed.
    Training does not stop early, as the last epochs, with their low rates, are usually the best. On 84
    validation cutouts of MiraBest the loss scattered by 0.1 between epochs in the middle of the training,
    where it was higher, and by 0.01 at its end: hence the mean over ten epochs.
    """
    return ClassifierRecipe(
        preparation=Preparation(64, centring="centroid", scaling="sqrt", wide=3, circle=True),
        augmentation=Augmentation(rotate=True, flip=True, shift_pixels=3, scale=0.0),
        optimiser=adamw_with_cosine,
        batch=32,
        patience_epochs=0,
        mean_over_epochs=10,
        binned=True,
        balanced=True,
        label_smoothing=0.1,
    )


def paper_2019(optimiser: Optimiser = adam, **network: object) -> ClassifierRecipe:
    """Return the recipe of Lukic et al. 2019b, from its public code.

    Parameters
    ----------
    optimiser
        Makes the optimiser.
    **network
        Settings of the network.

    Notes
    -----
    Uses the inner 100 x 100 pixels unchanged. The augmentation replaces the rotated, mirrored and shifted
    copies that the authors stored. The epoch with the best validation accuracy is kept; theirs was chosen on
    the test cutouts.
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
