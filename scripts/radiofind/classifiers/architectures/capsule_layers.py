"""Layers of capsules: vectors whose length is the evidence for a class, their direction its appearance.

See Sabour et al. 2017.
"""

from __future__ import annotations

from radiofind.networks.lean_keras import keras, layers, ops

DIMENSIONS = 16
"""Dimensions of a class capsule."""
PRESENT, ABSENT, ABSENT_WEIGHT = 0.9, 0.1, 0.5
"""Lengths above (true class) or below (other classes) which there is no loss; weight of the other classes."""
TINY = 1e-7
"""Prevents an infinite gradient of the square root at zero."""


def squash(vectors: keras.KerasTensor) -> keras.KerasTensor:
    """Return vectors with the same direction and a length below 1 (Sabour et al. 2017, equation 1)."""
    square = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    return vectors * (square / (1 + square)) / ops.sqrt(square + TINY)


def margin_loss(target: keras.KerasTensor, lengths: keras.KerasTensor) -> keras.KerasTensor:
    """Return the margin loss of each image (Sabour et al. 2017, equation 4).

    Parameters
    ----------
    target
        Shape (n, n_classes): 1 for the true class, 0 for others.
    lengths
        Of the capsules, same shape.
    """
    missed = target * ops.square(ops.maximum(PRESENT - lengths, 0.0))
    wrong = (1 - target) * ops.square(ops.maximum(lengths - ABSENT, 0.0))
    return ops.sum(missed + ABSENT_WEIGHT * wrong, axis=-1)


@keras.saving.register_keras_serializable("radiofind")
class CapsuleLoss(keras.losses.Loss):
    """Margin loss of the capsules plus weighted decoder error, from the output of `build_capsnet`."""

    def __init__(self, reconstruction: float = 0.392, name: str = "capsule_loss", **options: object) -> None:
        super().__init__(name=name, **options)
        self.reconstruction = reconstruction

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Return the loss of each image."""
        n_classes = y_true.shape[-1]
        return margin_loss(y_true, y_pred[:, :n_classes]) + self.reconstruction * y_pred[:, n_classes]

    def get_config(self) -> dict[str, object]:
        """Return the arguments to recreate the loss."""
        return {**super().get_config(), "reconstruction": self.reconstruction}


@keras.saving.register_keras_serializable("radiofind")
class Squash(layers.Layer):
    """Layer that applies `squash`."""

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Return the squashed vectors."""
        return squash(inputs)


@keras.saving.register_keras_serializable("radiofind")
class ClassCapsules(layers.Layer):
    """One 16-dimensional capsule per class, by routing by agreement (Sabour et al. 2017, procedure 1)."""

    def __init__(self, n_classes: int, rounds: int = 3, **options: object) -> None:
        super().__init__(**options)
        self.n_classes, self.rounds = n_classes, rounds

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Create the matrices with which each primary capsule predicts each class capsule."""
        shape = (self.n_classes, input_shape[1], DIMENSIONS, input_shape[2])
        self.kernel = self.add_weight(shape=shape, initializer="glorot_uniform", name="kernel")

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Return class capsules (n, n_classes, 16) from primary capsules (n, number, 8)."""
        predicted = ops.einsum("kijd,bid->bkij", self.kernel, inputs)
        agreement = ops.zeros_like(predicted[..., 0])
        for left in reversed(range(self.rounds)):
            shares = ops.softmax(agreement, axis=1)
            capsules = squash(ops.einsum("bki,bkij->bkj", shares, predicted))
            if left:
                agreement = agreement + ops.einsum("bkj,bkij->bki", capsules, predicted)
        return capsules

    def get_config(self) -> dict[str, object]:
        """Return the arguments to recreate the layer."""
        return {**super().get_config(), "n_classes": self.n_classes, "rounds": self.rounds}


@keras.saving.register_keras_serializable("radiofind")
class Lengths(layers.Layer):
    """Layer that returns the lengths of capsules."""

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Return lengths (n, n_classes)."""
        return ops.sqrt(ops.sum(ops.square(inputs), axis=-1) + TINY)


@keras.saving.register_keras_serializable("radiofind")
class Shares(layers.Layer):
    """Lengths divided by their sum, so that the longest capsule is the most probable class."""

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Return the normalised lengths."""
        return inputs / ops.sum(inputs, axis=-1, keepdims=True)


@keras.saving.register_keras_serializable("radiofind")
class Chosen(layers.Layer):
    """Capsules with all but one set to 0: the true class is kept in training, else the longest."""

    def call(self, inputs: list[keras.KerasTensor], training: bool | None = None) -> keras.KerasTensor:
        """Return (n, n_classes * 16) from capsules, lengths and the true class."""
        capsules, lengths, label = inputs
        n_classes = lengths.shape[-1]
        kept = label if training else ops.one_hot(ops.argmax(lengths, axis=-1), n_classes)
        return ops.reshape(capsules * ops.expand_dims(kept, -1), (-1, n_classes * DIMENSIONS))


@keras.saving.register_keras_serializable("radiofind")
class SquaredError(layers.Layer):
    """Mean squared difference of two images."""

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """Return (n, 1)."""
        return ops.mean(ops.square(inputs[0] - inputs[1]), axis=(1, 2, 3))[:, None]
