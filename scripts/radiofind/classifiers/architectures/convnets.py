"""The convolutional networks of the LoTSS classifiers (Lukic et al. 2019b, section 3 and public code)."""

from __future__ import annotations

from collections.abc import Mapping

from radiofind.networks.lean_keras import keras, layers

WEIGHT_DECAY = 0.01
"""L2 penalty on the weights of the dense layer of 500."""


def image_input(size_pixels: int, settings: Mapping[str, object]) -> keras.KerasTensor:
    """Return the input ``image`` common to all classifiers.

    Parameters
    ----------
    size_pixels
        Side of its input.
    settings
        ``channels``: planes of a cutout (1 by default).
    """
    return keras.Input((size_pixels, size_pixels, int(settings.get("channels", 1))), name="image")


def probabilities(features: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Return the output ``probabilities`` common to all classifiers, in float32 whatever the precision."""
    return layers.Dense(n_classes, activation="softmax", dtype="float32", name="probabilities")(features)


def build_convnet4(size_pixels: int, n_classes: int, settings: Mapping[str, object]) -> keras.Model:
    """Return ConvNet-4: two pairs of convolutions and a linear dense layer.

    Parameters
    ----------
    size_pixels
        Side of its input.
    n_classes
        Number of classes.
    settings
        ``channels``: planes of a cutout (1).

    Returns
    -------
    keras.Model
        From ``image`` (n, size, size, 1) to ``probabilities`` (n, n_classes): 5,022,467 parameters for three
        planes of 100 x 100 and three classes, as in the public code.
    """
    image = image_input(size_pixels, settings)
    x = image
    for number, filters in enumerate((16, 16), start=1):
        x = _pair(x, filters, kernel=5, pool_padding="valid", number=number)
    return keras.Model(image, _dense(x, n_classes), name="convnet4")


def build_convnet8(size_pixels: int, n_classes: int, settings: Mapping[str, object]) -> keras.Model:
    """Return ConvNet-8: four pairs of convolutions, each with twice the filters, and a linear dense layer.

    Parameters
    ----------
    size_pixels, n_classes, settings
        As for `build_convnet4`.

    Returns
    -------
    keras.Model
        As for `build_convnet4`; 7,446,259 parameters for three planes of 100 x 100 and three classes.
    """
    image = image_input(size_pixels, settings)
    x = image
    for number, filters in enumerate((32, 64, 128, 256), start=1):
        x = _pair(x, filters, kernel=3, pool_padding="same", number=number)
    return keras.Model(image, _dense(x, n_classes), name="convnet8")


def build_simple(size_pixels: int, n_classes: int, settings: Mapping[str, object]) -> keras.Model:
    """Return the network called "simple" in the public code: convolutions without activations.

    Parameters
    ----------
    size_pixels, n_classes, settings
        As for `build_convnet4`.

    Returns
    -------
    keras.Model
        As for `build_convnet4`; 19,587 parameters for three planes of 100 x 100 and three classes.
    """
    image = image_input(size_pixels, settings)
    x = image
    for number, convolutions in enumerate((3, 2), start=1):
        for place in range(1, convolutions + 1):
            x = layers.Conv2D(16, 4, padding="same", name=f"conv{number}_{place}")(x)
        x = layers.MaxPooling2D(4, padding="same", name=f"pool{number}")(x)
        x = layers.Dropout(0.2, name=f"drop{number}")(x)
    return keras.Model(image, probabilities(layers.Flatten(name="flat")(x), n_classes), name="simple")


def _pair(
    x: keras.KerasTensor, filters: int, *, kernel: int, pool_padding: str, number: int
) -> keras.KerasTensor:
    """Apply two convolutions, pooling and dropout."""
    for place in (1, 2):
        name = f"conv{number}_{place}"
        x = layers.Conv2D(filters, kernel, padding="same", activation="relu", name=name)(x)
    x = layers.MaxPooling2D(2, padding=pool_padding, name=f"pool{number}")(x)
    return layers.Dropout(0.25, name=f"drop{number}")(x)


def _dense(x: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
    """Apply the dense layer, which is linear in the public code, and return the probabilities."""
    penalty = keras.regularizers.L2(WEIGHT_DECAY)
    x = layers.Dense(500, kernel_regularizer=penalty, name="dense")(layers.Flatten(name="flat")(x))
    return probabilities(layers.Dropout(0.5, name="drop_dense")(x), n_classes)
