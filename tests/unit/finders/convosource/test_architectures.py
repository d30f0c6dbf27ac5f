"""The networks: that of the paper layer by layer, any precision with the same weights."""

import keras
import numpy as np
import pytest
from keras import layers

from radiofind.finders.convosource.architectures import (
    deepsource_network,
    paper_network,
    residual_network,
    with_precision,
)
from radiofind.finders.convosource.model import load_finder

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]


NETWORKS = [paper_network, residual_network, deepsource_network]


@pytest.fixture
def inputs():
    """Noise with a few sources, scaled as for the default recipe."""
    rng = np.random.default_rng(1)
    pixels = rng.normal(size=(1, 40, 44, 1)).astype("float32")
    pixels[0, rng.integers(40, size=6), rng.integers(44, size=6)] += 4
    return pixels


def opinionated(network):
    """Return a network whose probabilities range from 0 to 1."""
    kernel, bias = network.layers[-2].get_weights()
    network.layers[-2].set_weights([kernel * 6, np.zeros_like(bias)])
    return network


def test_the_network_of_the_paper_layer_by_layer():
    network = paper_network()
    found = []
    for layer in network.layers[1:]:
        config = layer.get_config()
        if isinstance(layer, layers.Conv2D):
            assert config["padding"] == "same" or config["kernel_size"] == (1, 1)
            assert config["use_bias"]
            found.append((config["filters"], config["kernel_size"], config["activation"]))
        else:
            found.append(config.get("rate") or config["activation"])
    assert found == [
        (16, (7, 7), "relu"),
        0.25,
        (32, (5, 5), "relu"),
        (64, (3, 3), "relu"),
        (1, (1, 1), "linear"),
        "sigmoid",
    ]
    assert isinstance(network.layers[2], layers.Dropout)
    assert network.count_params() == 32_193


def test_the_network_of_deepsource_layer_by_layer():
    network = deepsource_network()
    convolutions = [layer.get_config() for layer in network.layers if isinstance(layer, layers.Conv2D)]
    assert [(one["filters"], one["kernel_size"], one["activation"]) for one in convolutions] == [
        *[(12, (5, 5), "relu")] * 4,
        (1, (5, 5), "linear"),
    ]
    kinds = [type(layer) for layer in network.layers if not isinstance(layer, layers.Conv2D)]
    assert kinds == [layers.InputLayer, layers.Add, layers.BatchNormalization, layers.Dropout, layers.ReLU]
    skip = network.layers[4]
    assert isinstance(skip, layers.Add)
    assert {tensor._keras_history.operation.name for tensor in skip.input} == {
        network.layers[1].name,
        network.layers[3].name,
    }
    assert network.count_params() == 11_497


def test_demand_is_within_0_and_1(inputs):
    network = deepsource_network()
    kernel, bias = network.layers[-2].get_weights()
    network.layers[-2].set_weights([kernel * 50, bias])
    demand = np.asarray(network(inputs))
    assert (demand.min(), demand.max()) == (0, 1)


def test_the_residual_network_begins_with_an_empty_sky():
    probability = np.asarray(residual_network()(np.zeros((1, 20, 20, 1))))
    np.testing.assert_allclose(probability, 1 / (1 + np.exp(4)), rtol=1e-5)


@pytest.mark.parametrize("build", [paper_network, residual_network])
def test_any_size_of_image_gives_probabilities_of_the_same_size(build):
    network = build()
    for shape in [(1, 7, 31, 1), (2, 50, 50, 1)]:
        probability = np.asarray(network(np.random.default_rng(2).normal(size=shape)))
        assert probability.shape == shape
        assert ((probability > 0) & (probability < 1)).all()


@pytest.mark.parametrize("build", [paper_network, residual_network])
def test_reduced_precision_keeps_the_weights_and_nearly_the_probabilities(build, inputs):
    network = opinionated(build())
    reduced = with_precision(network, "bfloat16")
    for kept, weight in zip(reduced.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, weight)
    dtypes = {layer.name: layer.compute_dtype for layer in reduced.layers[1:]}
    assert "bfloat16" in dtypes.values()
    assert set(dtypes.values()) <= {"bfloat16", "float32"}
    assert reduced.layers[-1].compute_dtype == "float32"
    exact, near = (np.asarray(one(inputs)) for one in (network, reduced))
    assert np.ptp(exact) > 0.5
    assert 0 < np.abs(exact - near).max() < 0.02


def test_a_reduced_network_can_be_made_exact_again(inputs):
    network = opinionated(residual_network())
    again = with_precision(with_precision(network, "bfloat16"), "float32")
    assert {layer.compute_dtype for layer in again.layers[1:]} == {"float32"}
    np.testing.assert_array_equal(again(inputs), network(inputs))


@pytest.mark.parametrize("build", NETWORKS)
def test_a_reduced_network_can_be_saved_as_a_training_does_after_each_epoch(build, inputs, tmp_path):
    reduced = with_precision(build(), "bfloat16")
    reduced.save(tmp_path / "a.keras")
    np.testing.assert_array_equal(load_finder(tmp_path / "a.keras")(inputs), reduced(inputs))


@pytest.mark.parametrize("build", NETWORKS)
def test_an_exact_network_has_none_but_plain_layers(build):
    """Any Keras can read a network that was trained in reduced precision."""
    again = with_precision(with_precision(build(), "bfloat16"), "float32")
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in build().layers]


def test_a_network_with_other_weights_is_a_network_of_its_own(inputs):
    network = paper_network()
    before = np.asarray(network(inputs))
    copy = with_precision(network, "float32")
    copy.set_weights([weight + 1 for weight in copy.get_weights()])
    np.testing.assert_array_equal(network(inputs), before)


@pytest.mark.parametrize("build", NETWORKS)
def test_a_saved_network_is_loaded_as_it_was(build, inputs, tmp_path):
    network = opinionated(build())
    network.save(tmp_path / "a.keras")
    np.testing.assert_array_equal(load_finder(tmp_path / "a.keras")(inputs), network(inputs))


def test_a_network_for_something_else_is_refused(tmp_path):
    given = keras.Input((None, None, 3))
    keras.Model(given, layers.Conv2D(1, 3)(given)).save(tmp_path / "colours.keras")
    given = keras.Input((50, 50, 1))
    keras.Model(given, layers.Dense(2)(layers.Flatten()(given))).save(tmp_path / "classifier.keras")
    for name in ("colours", "classifier"):
        with pytest.raises(ValueError, match=rf"{name}\.keras: .*shapes"):
            load_finder(tmp_path / f"{name}.keras")
