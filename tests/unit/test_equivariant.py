"""The network of the architecture default."""

import numpy as np
import pytest

from radiofind.equivariant import build_default

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("size", [16, 21])
def test_the_network_gives_probabilities(size):
    network = build_default(size, 4, {})
    found = np.asarray(network(np.random.default_rng(1).normal(size=(2, size, size, 1))))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert (network.input_shape, found.shape) == ((None, size, size, 1), (2, 4))
