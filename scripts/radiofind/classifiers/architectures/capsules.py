"""The capsule network (Sabour et al. 2017) as used by Lukic et al. 2019b, and its reconstructions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from radiofind.classifiers.architectures.capsule_layers import (
    DIMENSIONS,
    TINY,
    Chosen,
    ClassCapsules,
    Lengths,
    Shares,
    SquaredError,
    Squash,
)
from radiofind.classifiers.architectures.convnets import image_input
from radiofind.networks.lean_keras import keras, layers

PRIMARY_DIMENSIONS = 8
"""Dimensions of a primary capsule."""
STEPS = tuple(np.round(np.arange(-0.25, 0.251, 0.05), 2).tolist())
"""Values added to a dimension of a capsule to visualise its meaning."""


@dataclass(frozen=True)
class Design:
    """Sizes of a capsule network."""

    filters: int
    """Channels of the first convolution."""
    kernel: int
    """Kernel size of the first convolution."""
    stride: int
    """Its stride."""
    capsules: int
    """Channels of the primary capsules, with 8 dimensions each."""
    primary_kernel: int
    """Side of their kernel."""
    primary_stride: int
    """Their stride."""
    decoder: tuple[int, int]
    """Neurons of the two hidden layers of the decoder."""
    reconstruction: float
    """Weight of the reconstruction in the loss."""
    normalised: bool = False
    """Whether to normalise the total length of the primary capsules. Otherwise they are so short in mostly
    empty cutouts, and the class capsules after another squashing even more, that nothing is learned."""


DESIGNS = {
    "default": Design(256, 9, 1, 32, 9, 2, (512, 1024), 0.392),
    "filters": Design(256, 24, 4, 32, 18, 2, (512, 1024), 0.392),
    "decoder": Design(256, 9, 1, 32, 9, 2, (1024, 2048), 5.0),
}
"""Variants of the paper, for cutouts of 100 pixels."""
SMALL_DESIGNS = {
    "default": Design(128, 9, 2, 16, 9, 2, (512, 1024), 0.392, normalised=True),
    "filters": Design(128, 16, 3, 16, 8, 2, (512, 1024), 0.392, normalised=True),
    "decoder": Design(128, 9, 2, 16, 9, 2, (1024, 2048), 5.0, normalised=True),
}
"""The variants for cutouts of half that side, small enough for training on a CPU."""


def design_of(settings: Mapping[str, object]) -> Design:
    """Return the sizes of a network.

    Parameters
    ----------
    settings
        ``variant``: ``default``, ``filters`` or ``decoder``; ``small``, whether to use `SMALL_DESIGNS`;
        and any field of `Design` to override.

    Raises
    ------
    ValueError
        If there is no such variant.
    """
    variant = settings.get("variant", "default")
    designs = SMALL_DESIGNS if settings.get("small") else DESIGNS
    if variant not in designs:
        raise ValueError(f"variant: expected one of {', '.join(designs)}, received {variant}")
    fields = designs[variant].__dataclass_fields__
    return replace(designs[variant], **{name: settings[name] for name in fields if name in settings})


def build_capsnet(size_pixels: int, n_classes: int, settings: Mapping[str, object]) -> keras.Model:
    """Return a capsule network with its decoder, to be trained with `CapsuleLoss`.

    Parameters
    ----------
    size_pixels
        Side of its input.
    n_classes
        Number of classes.
    settings
        Settings of `design_of`, and ``channels``: planes of a cutout (1).

    Returns
    -------
    keras.Model
        Its inputs are ``image`` (n, size, size, 1) and ``label`` (n, n_classes), the true class, used only by
        the decoder and only in training. Its output (n, 2 n_classes + 1) concatenates the layer ``lengths``
        of the capsules, the mean squared error of the decoder, and the layer ``probabilities``, the lengths
        divided by their sum.

    Raises
    ------
    ValueError
        If the cutouts are too small for the kernels, or there is no such variant.
    """
    design = design_of(settings)
    _check_size(size_pixels, design)
    image = image_input(size_pixels, settings)
    label = keras.Input((n_classes,), name="label")
    x = layers.Conv2D(design.filters, design.kernel, design.stride, activation="relu", name="conv")(image)
    planes, kernel = design.capsules * PRIMARY_DIMENSIONS, design.primary_kernel
    x = layers.Conv2D(planes, kernel, design.primary_stride, name="primary")(x)
    if design.normalised:
        plain = {"center": False, "scale": False, "epsilon": TINY, "dtype": "float32"}
        x = layers.LayerNormalization(axis=(1, 2, 3), name="normalised", **plain)(x)
    x = layers.Reshape((-1, PRIMARY_DIMENSIONS), name="primary_capsules")(x)
    x = Squash(dtype="float32", name="primary_squash")(x)
    capsules = ClassCapsules(n_classes, dtype="float32", name="capsules")(x)
    lengths = Lengths(dtype="float32", name="lengths")(capsules)
    probabilities = Shares(dtype="float32", name="probabilities")(lengths)
    chosen = Chosen(dtype="float32", name="chosen")([capsules, lengths, label])
    decoded = _decoder(image.shape[1:], n_classes, design.decoder)(chosen)
    error = SquaredError(dtype="float32", name="error")([image, decoded])
    output = layers.Concatenate(dtype="float32", name="output")([lengths, error, probabilities])
    return keras.Model({"image": image, "label": label}, output, name="capsnet")


def reconstruct(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the decoder's reconstruction of each image from its longest capsule.

    Parameters
    ----------
    network
        Result of `build_capsnet`, trained.
    images
        Shape (n, size, size, channels), prepared.

    Returns
    -------
    float32 ndarray
        Same shape.
    """
    flat = _longest(network, images)
    return np.asarray(network.get_layer("decoder").predict(flat, verbose=0))


def perturb_capsules(
    network: keras.Model, images: np.ndarray, *, steps: tuple[float, ...] = STEPS
) -> np.ndarray:
    """Return reconstructions with one dimension of the longest capsule perturbed (Lukic et al. 2019b).

    Parameters
    ----------
    network, images
        As for `reconstruct`.
    steps
        Values added to a dimension of the longest capsule; -0.25 to 0.25 in the paper.

    Returns
    -------
    float32 ndarray
        Shape (n, 16, steps, size, size, channels): for each dimension and step.
    """
    flat = _longest(network, images)
    numbers = flat.reshape(len(flat), -1, DIMENSIONS)
    is_longest = np.abs(numbers).sum(axis=2, keepdims=True) > 0
    changes = np.eye(DIMENSIONS)[:, np.newaxis] * np.asarray(steps)[:, np.newaxis]
    changed = (
        numbers[:, np.newaxis, np.newaxis] + changes[:, :, np.newaxis] * is_longest[:, np.newaxis, np.newaxis]
    )
    decoded = network.get_layer("decoder").predict(changed.reshape(-1, flat.shape[1]), verbose=0)
    return np.asarray(decoded).reshape(len(images), DIMENSIONS, len(steps), *images.shape[1:])


def _check_size(size_pixels: int, design: Design) -> None:
    """Raise if cutouts are smaller than the receptive field of a primary capsule."""
    least = design.kernel + design.stride * (design.primary_kernel - 1)
    if size_pixels < least:
        raise ValueError(
            f"cutouts of {size_pixels} pixels are too small for kernels of {design.kernel} and "
            f"{design.primary_kernel} pixels, which need at least {least}"
        )


def _decoder(shape: tuple[int, ...], n_classes: int, hidden: tuple[int, int]) -> keras.Model:
    """Return the network that reconstructs an image from a capsule."""
    pixels = int(np.prod(shape))
    steps = [layers.Dense(size, activation="relu", name=f"hidden{size}") for size in hidden]
    steps += [layers.Dense(pixels, activation="sigmoid", dtype="float32", name="pixels")]
    steps += [layers.Reshape(shape, dtype="float32", name="decoded")]
    return keras.Sequential([keras.Input((n_classes * DIMENSIONS,), name="capsule"), *steps], name="decoder")


def _longest(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the capsules of images (n, n_classes * 16), with all but the longest set to 0."""
    given, found = network.get_layer("image").output, network.get_layer("capsules").output
    capsules = np.asarray(keras.Model(given, found).predict(images, verbose=0))
    longest = np.linalg.norm(capsules, axis=-1).argmax(axis=-1)
    kept = np.eye(capsules.shape[1], dtype=np.float32)[longest]
    return (capsules * kept[..., np.newaxis]).reshape(len(images), -1)
