"""The networks that map an image to the probability of a source in each pixel."""

from __future__ import annotations

from radiofind.networks.backend import POLICIES
from radiofind.networks.lean_keras import keras, layers, ops

WIDTH, BLOCKS = 32, 6
"""Channels and residual blocks of the network of the default recipe."""
GENERAL_WIDTH = 16
"""Channels of the network of the general recipe."""
DROPOUT = 0.1
"""Fraction of channels that dropout leaves out in training."""
IMAGE = (None, None, None, 1)
"""Shape of inputs and outputs of a network: batch, rows, columns and one channel."""


def paper_network() -> keras.Model:
    """Return the network of Lukic et al. 2019 (section 3 and public code): 32,193 parameters, reach 6 pixels.

    Returns
    -------
    keras.Model
        From (batch, rows, columns, 1) to probabilities of the same shape.
    """
    inputs = keras.Input((None, None, 1))
    x = layers.Conv2D(16, 7, padding="same", activation="relu")(inputs)
    x = layers.Dropout(0.25)(x)
    x = layers.Conv2D(32, 5, padding="same", activation="relu")(x)
    x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(1, 1)(x)
    return keras.Model(inputs, layers.Activation("sigmoid", dtype="float32")(x))


def residual_network() -> keras.Model:
    """Return the network of the default recipe: 111,329 parameters, reach 13 pixels.

    Returns
    -------
    keras.Model
        From (batch, rows, columns, 1) to probabilities of the same shape.
    """
    return _residual(WIDTH, dropout=DROPOUT)


def general_network() -> keras.Model:
    """Return the network of the general recipe: half as wide, 28,017 parameters, reach 13 pixels.

    Returns
    -------
    keras.Model
        From (batch, rows, columns, 1) to probabilities of the same shape. There is no dropout: it
        learns from as many simulated skies as it needs.
    """
    return _residual(GENERAL_WIDTH, dropout=0.0)


def _residual(width: int, *, dropout: float) -> keras.Model:
    """Return a network of residual blocks of 3 x 3 kernels.

    The initial probabilities are those of an almost empty sky, so that no training steps are spent on
    learning that sources are rare.
    """
    inputs = keras.Input((None, None, 1))
    x = layers.Conv2D(width, 3, padding="same", activation="relu")(inputs)
    for _ in range(BLOCKS):
        y = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        y = layers.SpatialDropout2D(dropout)(y) if dropout else y
        y = layers.Conv2D(width, 3, padding="same")(y)
        x = layers.Activation("relu")(layers.add([x, y]))
    rare = keras.initializers.Constant(-4.0)
    x = layers.Conv2D(1, 1, bias_initializer=rare)(x)
    return keras.Model(inputs, layers.Activation("sigmoid", dtype="float32")(x))


def deepsource_network() -> keras.Model:
    """Return the network of DeepSource (Vafaei Sadr et al. 2019, code): 11,497 parameters, reach 10 pixels.

    Returns
    -------
    keras.Model
        From (batch, rows, columns, 1) to demand, 0 to 1, of the same shape.

    Notes
    -----
    Its output is not bounded in the public code. There dropout and batch normalisation stay inactive, since
    they are never told of the training; here they are active.
    """
    inputs = keras.Input((None, None, 1))
    first = layers.Conv2D(12, 5, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(12, 5, padding="same", activation="relu")(first)
    x = layers.Conv2D(12, 5, padding="same", activation="relu")(x)
    x = layers.BatchNormalization()(layers.add([x, first]))
    x = layers.Conv2D(12, 5, padding="same", activation="relu")(x)
    x = layers.Dropout(0.2)(x)
    x = layers.Conv2D(1, 5, padding="same")(x)
    return keras.Model(inputs, layers.ReLU(max_value=1.0, dtype="float32")(x))


@keras.saving.register_keras_serializable("radiofind")
class SplitConv2D(layers.Conv2D):
    """A convolution in bfloat16 that splits its one-channel input in two, so that no precision is lost.

    With inputs rounded to bfloat16, one score in a hundred would change by more than 0.01.
    """

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **{**options, "autocast": False})

    def call(self, inputs: object) -> object:
        """Return the convolution of the rounded input and of the rounding residual."""
        rounded = ops.cast(inputs, "bfloat16")
        rest = ops.cast(inputs - ops.cast(rounded, inputs.dtype), "bfloat16")
        kernel = ops.cast(ops.concatenate([self.kernel, self.kernel], axis=2), "bfloat16")
        outputs = ops.conv(ops.concatenate([rounded, rest], axis=-1), kernel, padding=self.padding)
        return self.activation(outputs + ops.cast(self.bias, "bfloat16"))


def with_precision(network: keras.Model, precision: str) -> keras.Model:
    """Return a network with the same weights that computes in another precision.

    Parameters
    ----------
    network
        Any network.
    precision
        ``float32`` or ``bfloat16``. The sigmoid stays in float32, and so does the last convolution unless it
        has many channels: with the 64 of the paper's network, that would be a third slower.
    """
    convolutions = [layer for layer in network.layers if isinstance(layer, layers.Conv2D)]
    first, last = convolutions[0].name, convolutions[-1]
    exact = {network.layers[-1].name} | ({last.name} if last.input.shape[-1] <= WIDTH else set())

    def recast(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if not isinstance(layer, layers.InputLayer):
            config["dtype"] = "float32" if layer.name in exact else POLICIES[precision]
        if layer.name == first:
            kind = SplitConv2D if precision == "bfloat16" else layers.Conv2D
            return kind.from_config(config)
        return layer.__class__.from_config(config)

    recast_network = keras.models.clone_model(network, clone_function=recast)
    recast_network.set_weights(network.get_weights())
    return recast_network
