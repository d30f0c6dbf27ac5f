"""Transfer learning with InceptionResNetV2, pretrained on photographs (Lukic et al. 2019b)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from radiofind.classifiers.architectures.convnets import image_input, probabilities
from radiofind.errors import reason
from radiofind.networks.lean_keras import keras, layers
from radiofind.networks.saving import load_network

SMALLEST_PIXELS = 75
"""Minimum side of the input of InceptionResNetV2."""
COLOURS = 3
"""Planes of the photographs; a cutout of one plane is repeated."""


def build_transfer(size_pixels: int, n_classes: int, settings: Mapping[str, object]) -> keras.Model:
    """Return InceptionResNetV2 with a new output layer; all layers are trained.

    Parameters
    ----------
    size_pixels
        Side of its input.
    n_classes
        Number of classes.
    settings
        ``padded_pixels``: side after zero padding (the paper: 140), at least 75; ``channels``: planes
        of a cutout, 1 or 3; ``weights``: initial weights, None for random ones, ``imagenet`` for those
        that Keras downloads, or the path of a ``.weights.h5`` or ``.keras`` file of the network without top;
        ``momentum``: of the running statistics of its normalisation, by default that of Keras.

    Returns
    -------
    keras.Model
        From ``image`` (n, size, size, 1) to ``probabilities`` (n, n_classes).

    Raises
    ------
    ValueError
        If the weights cannot be loaded.
    """
    image = image_input(size_pixels, settings)
    padded = max(int(settings.get("padded_pixels", 0)), SMALLEST_PIXELS, size_pixels)
    before = (padded - size_pixels) // 2
    after = padded - size_pixels - before
    x = layers.ZeroPadding2D(((before, after), (before, after)), name="padded")(image)
    if image.shape[-1] == 1:
        x = layers.Concatenate(name="grey")([x] * COLOURS)
    backbone = keras.applications.InceptionResNetV2(
        include_top=False, weights=None, input_shape=(padded, padded, COLOURS), pooling="max"
    )
    _load(backbone, settings.get("weights"))
    _set_momentum(backbone, settings.get("momentum"))
    x = layers.Dropout(0.2, name="drop")(backbone(x))
    x = layers.Dense(20, activation="relu", name="dense")(x)
    return keras.Model(image, probabilities(x, n_classes), name="transfer")


def _set_momentum(backbone: keras.Model, momentum: float | None) -> None:
    """Set the momentum of the running statistics in the normalisation layers of the backbone."""
    for layer in backbone.layers:
        if momentum is not None and isinstance(layer, layers.BatchNormalization):
            layer.momentum = momentum


def _load(backbone: keras.Model, weights: str | None) -> None:
    """Load weights into the backbone."""
    if weights is None:
        return
    try:
        if weights == "imagenet":
            learnt = keras.applications.InceptionResNetV2(
                include_top=False, weights="imagenet", pooling="max"
            )
            backbone.set_weights(learnt.get_weights())
        elif Path(weights).suffix == ".keras":
            backbone.set_weights(load_network(weights).get_weights())
        else:
            backbone.load_weights(weights)
    except Exception as error:  # downloads, Keras and h5py raise errors of many kinds
        raise ValueError(
            "weights: expected null, imagenet (which Keras downloads; where it cannot, give a file) or a "
            ".weights.h5 or .keras file of InceptionResNetV2 without its top, received "
            f"{weights}: {reason(error)}"
        ) from error
