"""The network that distinguishes compact and extended sources in FIRST cutouts (Lukic et al. 2018)."""

from __future__ import annotations

from collections.abc import Mapping

from radiofind.classifiers.architectures.convnets import image_input, probabilities
from radiofind.networks.lean_keras import keras, layers


def build_rgz2018(size_pixels: int, n_classes: int, settings: Mapping[str, object]) -> keras.Model:
    """Return the network of three convolutions and two dense layers.

    Parameters
    ----------
    size_pixels
        Side of its input; 132 in the paper.
    n_classes
        Number of classes: two or four in the paper.
    settings
        ``channels``: planes of a cutout (1).

    Returns
    -------
    keras.Model
        From ``image`` (n, size, size, 1) to ``probabilities`` (n, n_classes).

    Notes
    -----
    Layers as reproduced by Becker et al. 2021 in public code; the padding is their assumption.
    """
    image = image_input(size_pixels, settings)
    same = {"padding": "same", "activation": "relu"}
    x = layers.Conv2D(16, 8, strides=3, name="conv1", **same)(image)
    x = layers.Conv2D(32, 7, strides=2, name="conv2", **same)(x)
    x = layers.MaxPooling2D(3, padding="same", name="pool1")(x)
    x = layers.Conv2D(64, 2, name="conv3", **same)(x)
    x = layers.MaxPooling2D(2, padding="same", name="pool2")(x)
    x = layers.Flatten(name="flat")(x)
    for number in (1, 2):
        x = layers.Dense(1024, activation="relu", name=f"dense{number}")(x)
        x = layers.Dropout(0.5, name=f"drop{number}")(x)
    return keras.Model(image, probabilities(x, n_classes), name="rgz2018")
