"""The convolutional networks of the paper, layer by layer and by their numbers of parameters."""

import keras
import numpy as np
import pytest
from keras import layers

from radiofind.classifiers.architectures.convnets import build_convnet4, build_convnet8, build_simple

pytestmark = pytest.mark.usefixtures("one_thread")

BUILDERS = [build_convnet4, build_convnet8, build_simple]


@pytest.mark.parametrize(
    ("build", "parameters"),
    [(build_convnet4, 5_022_467), (build_convnet8, 7_446_259), (build_simple, 19_587)],
)
def test_networks_have_the_parameters_of_the_public_code(build, parameters):
    assert build(100, 3, {"channels": 3}).count_params() == parameters


def said(network):
    """Return what the layers of a network say, each in a few words."""
    found = []
    for layer in network.layers[1:]:
        config = layer.get_config()
        if isinstance(layer, layers.Conv2D):
            kernel, same = config["kernel_size"][0], config["padding"] == "same"
            found.append(("conv", config["filters"], kernel, config["activation"], same))
        elif isinstance(layer, layers.Dense):
            found.append(("dense", config["units"], config["activation"]))
        elif isinstance(layer, layers.MaxPooling2D):
            found.append(("pool", config["pool_size"][0]))
        elif isinstance(layer, layers.Dropout):
            found.append(("drop", config["rate"]))
    return found


@pytest.mark.parametrize(
    ("build", "kernel", "filters"), [(build_convnet4, 5, (16, 16)), (build_convnet8, 3, (32, 64, 128, 256))]
)
def test_the_convnets_layer_by_layer(build, kernel, filters):
    network = build(100, 3, {})
    expected = []
    for one in filters:
        expected += [("conv", one, kernel, "relu", True)] * 2 + [("pool", 2), ("drop", 0.25)]
    expected += [("dense", 500, "linear"), ("drop", 0.5), ("dense", 3, "softmax")]
    assert said(network) == expected
    assert network.get_layer("dense").kernel_regularizer.l2 == pytest.approx(0.01)
    assert network.get_layer("probabilities").kernel_regularizer is None


def test_the_simple_network_has_no_activation():
    expected = [("conv", 16, 4, "linear", True)] * 3 + [("pool", 4), ("drop", 0.2)]
    expected += [("conv", 16, 4, "linear", True)] * 2 + [("pool", 4), ("drop", 0.2)]
    assert said(build_simple(100, 3, {})) == [*expected, ("dense", 3, "softmax")]


@pytest.mark.parametrize("build", BUILDERS)
def test_networks_of_any_size_give_probabilities(build):
    network = build(20, 4, {})
    assert network.input_shape == (None, 20, 20, 1)
    assert (network.input.name, network.layers[-1].name) == ("image", "probabilities")
    found = np.asarray(network(np.random.default_rng(1).normal(size=(2, 20, 20, 1))))
    assert found.shape == (2, 4)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert not np.allclose(found[0], found[1])


def test_what_two_pixels_do_not_fill_is_left_out_by_one_network_and_kept_by_others():
    sides = [build(22, 2, {}).get_layer("flat").output.shape[1] for build in BUILDERS]
    assert sides == [5 * 5 * 16, 2 * 2 * 256, 2 * 2 * 16]


@pytest.mark.parametrize("build", BUILDERS)
def test_networks_have_their_own_names(build):
    assert build.__name__ == f"build_{build(20, 2, {}).name}"


def test_probabilities_are_exact_where_other_numbers_are_not():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        network = build_simple(20, 2, {})
    finally:
        keras.config.set_dtype_policy("float32")
    assert network.get_layer("conv1_1").compute_dtype == "float16"
    assert network.get_layer("probabilities").compute_dtype == "float32"
