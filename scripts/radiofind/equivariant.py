"""The network of the architecture ``default``; provisional, until measurements have chosen another."""

from __future__ import annotations

from collections.abc import Mapping

import keras
from keras import layers

from radiofind.convnets import image_input, probabilities

FILTERS = (16, 16, 32, 32, 64, 64)
"""Channels of the convolutions; every second one is followed by a pooling."""


def build_default(size_pixels: int, n_classes: int, settings: Mapping[str, object]) -> keras.Model:
    """Return six convolutions whose features are averaged over the cutout.

    Parameters
    ----------
    size_pixels
        Side of the cutouts that it sees.
    n_classes
        Number of classes.
    settings
        ``channels``: planes of a cutout (1).

    Returns
    -------
    keras.Model
        From ``image`` (n, size, size, 1) to ``probabilities`` (n, n_classes).
    """
    image = image_input(size_pixels, settings)
    x = image
    for number, filters in enumerate(FILTERS, start=1):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"conv{number}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm{number}")(x)
        x = layers.Activation("relu", name=f"relu{number}")(x)
        if number % 2 == 0:
            x = layers.MaxPooling2D(2, padding="same", name=f"pool{number}")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(image, probabilities(layers.Dropout(0.3, name="drop")(x), n_classes), name="default")
