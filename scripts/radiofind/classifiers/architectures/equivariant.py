"""The network of the architecture ``default``, invariant under rotations by 90 deg and mirroring.

Its convolutions are those of Cohen & Welling (2016, arXiv:1602.07576) for the eight symmetries of a square,
which Scaife & Porter (2021, MNRAS 503, 2369) applied to radio galaxies. The sky has no preferred
direction: fewer labelled galaxies suffice if the network need not learn each orientation separately.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from radiofind.classifiers.architectures.convnets import image_input, probabilities
from radiofind.networks.lean_keras import keras, layers, ops

SYMMETRIES = 8
"""Rotations by 90 deg, then the same after mirroring."""
FIELDS = (4, 6, 6, 12, 12, 24, 48)
"""Features per convolution, each in eight orientations."""
POOLED = (0, 2, 4)
"""Convolutions followed by pooling by a factor of two."""
DROPOUT = 0.2
"""Dropout fraction."""


def changed(image: object, symmetry: int) -> object:
    """Return an image mirrored (from symmetry 4 on), then rotated by multiples of 90 deg.

    Parameters
    ----------
    image
        Tensor of shape (rows, columns, ...).
    symmetry
        0 (identity) to 7.
    """
    mirrored = ops.flip(image, axis=1) if symmetry >= 4 else image
    return ops.rot90(mirrored, k=symmetry % 4, axes=(0, 1))


def _places() -> np.ndarray:
    """Return, for each symmetry, the permutation of the eight orientations of its kernel."""
    turned = [np.rot90(_marked(number >= 4), number % 4).tobytes() for number in range(SYMMETRIES)]
    inverse = [
        next(two for two in range(SYMMETRIES) if _product(one, two, turned) == 0) for one in range(SYMMETRIES)
    ]
    return np.array([[_product(one, two, turned) for two in range(SYMMETRIES)] for one in inverse])


def _marked(mirrored: bool) -> np.ndarray:
    """Return an image without any symmetry, or its mirror image."""
    image = np.arange(9).reshape(3, 3)
    return image[:, ::-1] if mirrored else image


def _product(one: int, two: int, turned: list[bytes]) -> int:
    """Return the product of two symmetries: `two`, followed by `one`."""
    image = np.rot90(_marked(two >= 4), two % 4)
    return turned.index(np.rot90(image[:, ::-1] if one >= 4 else image, one % 4).tobytes())


PLACES = _places()


@keras.saving.register_keras_serializable("radiofind")
class SymmetricConv2D(layers.Layer):
    """A convolution with eight orientations of each kernel (of odd side, same padding, no bias).

    Channels are ordered by orientation, then by feature. The first layer of a network takes an image, which
    has no orientations yet.
    """

    def __init__(
        self, features: int, kernel_size: int = 3, *, first: bool = False, **options: object
    ) -> None:
        super().__init__(**options)
        self.features, self.kernel_size, self.first = features, kernel_size, first

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Create the kernel in one orientation, with the initial weights of He et al. (2015)."""
        orientations = 1 if self.first else SYMMETRIES
        shape = (
            self.kernel_size,
            self.kernel_size,
            orientations,
            input_shape[-1] // orientations,
            self.features,
        )
        spread = keras.initializers.RandomNormal(stddev=float(np.sqrt(2 / np.prod(shape[:-1]))))
        self.kernel = self.add_weight(shape=shape, initializer=spread, name="kernel")

    def call(self, inputs: object) -> object:
        """Return the features (n, rows, columns, 8 x features)."""
        kernels = [self._oriented(symmetry) for symmetry in range(SYMMETRIES)]
        return ops.conv(inputs, ops.concatenate(kernels, axis=-1), padding="same")

    def _oriented(self, symmetry: int) -> object:
        """Return the kernel in one orientation, (side, side, channels, features)."""
        kernel = changed(self.kernel, symmetry)
        if not self.first:
            kernel = ops.take(kernel, PLACES[symmetry], axis=2)
        return ops.reshape(kernel, (self.kernel_size, self.kernel_size, -1, self.features))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return (*input_shape[:-1], SYMMETRIES * self.features)

    def get_config(self) -> dict[str, object]:
        """Return the arguments to recreate the layer."""
        own = {"features": self.features, "kernel_size": self.kernel_size, "first": self.first}
        return super().get_config() | own


def build_default(size_pixels: int, n_classes: int, settings: Mapping[str, object]) -> keras.Model:
    """Return the network of seven symmetric convolutions, pooled over orientations and the cutout.

    Parameters
    ----------
    size_pixels
        Side of its input: a multiple of 8, otherwise the last rows have no mirror image.
    n_classes
        Number of classes.
    settings
        ``channels``: planes of a cutout (1).

    Returns
    -------
    keras.Model
        From ``image`` (n, size, size, channels) to ``probabilities`` (n, n_classes).
    """
    image = image_input(size_pixels, settings)
    x = image
    for number, features in enumerate(FIELDS):
        x = _block(x, features, number)
    pooled = {
        "mean": layers.GlobalAveragePooling2D(name="mean")(x),
        "brightest": layers.GlobalMaxPooling2D(name="brightest")(x),
    }
    strongest = [
        layers.GlobalMaxPooling1D(name=f"strongest_{name}")(
            layers.Reshape((SYMMETRIES, -1), name=f"orientations_{name}")(one)
        )
        for name, one in pooled.items()
    ]
    x = layers.Dropout(DROPOUT, name="drop")(layers.Concatenate(name="features")(strongest))
    return keras.Model(image, probabilities(x, n_classes), name="default")


def _block(x: keras.KerasTensor, features: int, number: int) -> keras.KerasTensor:
    """Apply a convolution, optional pooling, normalisation over all orientations, and ReLU."""
    x = SymmetricConv2D(features, 3 if number else 5, first=not number, name=f"conv{number}")(x)
    if number in POOLED:
        x = layers.MaxPooling2D(2, name=f"pool{number}")(x)
    shape = x.shape[1:3]
    x = layers.Reshape((*shape, SYMMETRIES, features), name=f"orientations{number}")(x)
    x = layers.BatchNormalization(momentum=0.9, name=f"norm{number}")(x)
    x = layers.Activation("relu", name=f"relu{number}")(x)
    return layers.Reshape((*shape, SYMMETRIES * features), name=f"channels{number}")(x)
