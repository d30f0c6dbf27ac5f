"""The table of classifiers: how each is built, what it loses by, and by which recipes it is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import keras
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
    """A kind of classifier."""

    name: str
    """Name in the configuration."""
    build: Callable[[int, int, Settings], keras.Model]
    """Makes the network that is trained, from the side of its input, the number of classes and settings. It
    has an input ``image`` (n, size, size, 1) and a layer ``probabilities`` (n, n_classes) that sums to 1."""
    recipes: Mapping[str, ClassifierRecipe]
    """``default``, and ``paper`` where there is one."""
    loss: Callable[[ClassifierRecipe, Settings], keras.losses.Loss]
    """Makes the loss for a recipe and settings."""
    judged: str = "probabilities"
    """The layer by which the validation cutouts are judged."""
    error: Callable[[np.ndarray, np.ndarray], np.ndarray] = cross_entropy
    """The loss of each validation cutout, from the true class and that layer."""
    sees_label: bool = False
    """Whether the network, in training, takes the true class as a second input ``label``."""
    variants: tuple[str, ...] = ("default",)
    """Values of the setting ``variant``."""


def _cross_entropy_of(recipe: ClassifierRecipe, _settings: Settings) -> keras.losses.Loss:
    """Return the loss of networks that end with a softmax."""
    return keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)


def _capsule_loss_of(_recipe: ClassifierRecipe, settings: Settings) -> keras.losses.Loss:
    """Return the loss of capsules and decoder."""
    return CapsuleLoss(design_of(settings).reconstruction)


def _convolutional(
    name: str, build: Callable, *, paper: ClassifierRecipe, size_pixels: int = 64, **options: object
) -> Architecture:
    """Return an architecture that ends with a softmax."""
    recipes = {"default": default_recipe(size_pixels, **options), "paper": paper}
    return Architecture(name, build, recipes, _cross_entropy_of)


CAPSNET = Architecture(
    name="capsnet",
    build=build_capsnet,
    # An epoch of 1,500 cutouts takes ten seconds on a core; the sizes of the paper take 100 times the sums.
    recipes={
        "default": default_recipe(48, small=True),
        "paper": paper_2019(adam_by_epochs),
    },
    loss=_capsule_loss_of,
    judged="lengths",
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
        # At the momentum of Keras, 0.99, its 200 normalisations lag far behind after some hundred steps.
        _convolutional(
            "transfer", build_transfer, size_pixels=75, paper=paper_2019(padded_pixels=140), momentum=0.9
        ),
    )
}
"""The architectures by the name that the configuration uses."""


def architecture_of(settings: Settings) -> tuple[Architecture, ClassifierRecipe]:
    """Return the architecture and the recipe that settings ask for.

    Parameters
    ----------
    settings
        ``architecture``, ``recipe`` and ``variant``.

    Raises
    ------
    ValueError
        When there is no such architecture, or it has no such recipe or variant.
    """
    name = settings["architecture"]
    _check("architecture", name, ARCHITECTURES)
    architecture = ARCHITECTURES[name]
    _check(f"recipe of {name}", settings["recipe"], architecture.recipes)
    _check(f"variant of {name}", settings.get("variant", "default"), architecture.variants)
    return architecture, architecture.recipes[settings["recipe"]]


def classifying_part(network: keras.Model) -> keras.Model:
    """Return the part of a network from ``image`` to ``probabilities``, which shares its weights.

    Parameters
    ----------
    network
        As an architecture builds it, or as it comes from a file.
    """
    given, found = (network.get_layer(name).output for name in ("image", "probabilities"))
    return keras.Model(given, found, name=f"{network.name}_classifier")


def _check(what: str, received: object, known: Mapping[str, object] | tuple[str, ...]) -> None:
    """Raise when a name is none of the known ones."""
    if received not in known:
        expected = ", ".join(known)
        raise ValueError(f"{what}: expected one of {expected}, received {received}{closest(received, known)}")
