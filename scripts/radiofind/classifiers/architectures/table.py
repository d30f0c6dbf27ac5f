"""The table of architectures: how each is built, its loss, and its training recipes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from radiofind.classifiers.architectures.capsule_layers import ABSENT, ABSENT_WEIGHT, PRESENT, CapsuleLoss
from radiofind.classifiers.architectures.capsules import build_capsnet, design_of
from radiofind.classifiers.architectures.convnets import build_convnet4, build_convnet8, build_simple
from radiofind.classifiers.architectures.equivariant import build_default
from radiofind.classifiers.architectures.rgz2018 import build_rgz2018
from radiofind.classifiers.architectures.transfer import build_transfer
from radiofind.classifiers.recipes import (
    PAPER_2018,
    ClassifierRecipe,
    adam_by_epochs,
    default_recipe,
    low_adam_with_cosine,
    paper_2019,
    small_set_recipe,
)
from radiofind.errors import closest
from radiofind.networks.lean_keras import keras

Settings = Mapping[str, object]


def cross_entropy(target: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return the cross-entropy of each cutout.

    Parameters
    ----------
    target
        Shape (n, n_classes): 1 for the true class, 0 for others.
    probability
        Same shape.
    """
    return -np.log(np.clip((target * probability.astype(float)).sum(axis=1), 1e-7, 1))


def margin_loss(target: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the margin loss of each cutout, from the lengths of the capsules (see `capsule_layers`)."""
    missed = target * np.maximum(PRESENT - lengths.astype(float), 0) ** 2
    wrong = (1 - target) * np.maximum(lengths.astype(float) - ABSENT, 0) ** 2
    return (missed + ABSENT_WEIGHT * wrong).sum(axis=1)


@dataclass(frozen=True)
class Architecture:
    """An architecture of classifiers."""

    name: str
    """Name in the configuration."""
    build: Callable[[int, int, Settings], keras.Model]
    """Builds the network from the side of its input, the number of classes and settings, with an input
    ``image`` (n, size, size, 1) and a layer ``probabilities`` (n, n_classes) that sums to 1."""
    recipes: Mapping[str, ClassifierRecipe]
    """Recipes: ``default``, and ``paper`` if published."""
    loss: Callable[[ClassifierRecipe, Settings], keras.losses.Loss]
    """Returns the loss for a recipe and settings."""
    validated_layer: str = "probabilities"
    """The layer evaluated for the validation cutouts."""
    error: Callable[[np.ndarray, np.ndarray], np.ndarray] = cross_entropy
    """Computes the loss of each validation cutout, from the true class and that layer."""
    sees_label: bool = False
    """Whether the network takes the true class as a second input ``label`` in training."""
    variants: tuple[str, ...] = ("default",)
    """Values of the setting ``variant``."""


def _cross_entropy_of(recipe: ClassifierRecipe, _settings: Settings) -> keras.losses.Loss:
    """Return the loss of networks with a softmax output."""
    return keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)


def _capsule_loss_of(_recipe: ClassifierRecipe, settings: Settings) -> keras.losses.Loss:
    """Return the loss of capsules and decoder."""
    return CapsuleLoss(design_of(settings).reconstruction)


def _convolutional(
    name: str, build: Callable, *, paper: ClassifierRecipe, size_pixels: int = 64, **options: object
) -> Architecture:
    """Return an architecture with a softmax output."""
    recipes = {"default": default_recipe(size_pixels, **options), "paper": paper}
    return Architecture(name, build, recipes, _cross_entropy_of)


CAPSNET = Architecture(
    name="capsnet",
    build=build_capsnet,
    # An epoch of 1,500 cutouts takes ten seconds on a core; the paper's sizes need 100 times the operations.
    recipes={
        "default": default_recipe(48, small=True),
        "paper": paper_2019(adam_by_epochs),
    },
    loss=_capsule_loss_of,
    validated_layer="lengths",
    error=margin_loss,
    sees_label=True,
    variants=("default", "filters", "decoder"),
)

ARCHITECTURES = {
    architecture.name: architecture
    for architecture in (
        Architecture("default", build_default, {"default": small_set_recipe()}, _cross_entropy_of),
        _convolutional("rgz2018", build_rgz2018, paper=PAPER_2018),
        _convolutional("convnet4", build_convnet4, paper=paper_2019()),
        _convolutional("convnet8", build_convnet8, paper=paper_2019(), optimiser=low_adam_with_cosine),
        _convolutional("simple", build_simple, paper=paper_2019()),
        CAPSNET,
        # With Keras's default momentum, 0.99, its 200 normalisations lag far behind after hundreds of steps.
        _convolutional(
            "transfer", build_transfer, size_pixels=75, paper=paper_2019(padded_pixels=140), momentum=0.9
        ),
    )
}
"""The architectures by their names in the configuration."""


def architecture_of(settings: Settings) -> tuple[Architecture, ClassifierRecipe]:
    """Return the architecture and the recipe chosen in the settings.

    Parameters
    ----------
    settings
        ``architecture``, ``recipe`` and ``variant``.

    Raises
    ------
    ValueError
        If there is no such architecture, or it has no such recipe or variant.
    """
    name = settings["architecture"]
    _check("architecture", name, ARCHITECTURES)
    architecture = ARCHITECTURES[name]
    _check(f"recipe of {name}", settings["recipe"], architecture.recipes)
    _check(f"variant of {name}", settings.get("variant", "default"), architecture.variants)
    return architecture, architecture.recipes[settings["recipe"]]


def classifying_part(network: keras.Model) -> keras.Model:
    """Return the part of a network from ``image`` to ``probabilities``, with shared weights.

    Parameters
    ----------
    network
        Built by an architecture, or loaded from a file.
    """
    given, found = (network.get_layer(name).output for name in ("image", "probabilities"))
    return keras.Model(given, found, name=f"{network.name}_classifier")


def _check(what: str, received: object, known: Mapping[str, object] | tuple[str, ...]) -> None:
    """Raise if a name is unknown."""
    if received not in known:
        expected = ", ".join(known)
        raise ValueError(f"{what}: expected one of {expected}, received {received}{closest(received, known)}")
