"""The network for FIRST cutouts, layer by layer."""

import numpy as np
import pytest
from keras import layers

from radiofind.classifiers.architectures.rgz2018 import build_rgz2018

pytestmark = pytest.mark.usefixtures("one_thread")


def test_the_network_layer_by_layer():
    network = build_rgz2018(132, 2, {})
    convolutions = [layer for layer in network.layers if isinstance(layer, layers.Conv2D)]
    assert [(one.filters, one.kernel_size[0], one.strides[0]) for one in convolutions] == [
        (16, 8, 3),
        (32, 7, 2),
        (64, 2, 1),
    ]
    assert [one.pool_size[0] for one in network.layers if isinstance(one, layers.MaxPooling2D)] == [3, 2]
    dense = [layer for layer in network.layers if isinstance(layer, layers.Dense)]
    assert [one.units for one in dense] == [1024, 1024, 2]
    assert {layer.activation.__name__ for layer in [*convolutions, *dense[:2]]} == {"relu"}
    assert [one.rate for one in network.layers if isinstance(one, layers.Dropout)] == [0.5, 0.5]


@pytest.mark.parametrize("size", [16, 64])
def test_smaller_cutouts_give_probabilities_too(size):
    network = build_rgz2018(size, 4, {})
    found = np.asarray(network(np.random.default_rng(1).normal(size=(2, size, size, 1))))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert found.shape == (2, 4)
