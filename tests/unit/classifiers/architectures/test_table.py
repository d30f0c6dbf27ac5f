"""The table of architectures: each of them builds what the training and the use of classifiers rely on."""

import numpy as np
import pytest
from keras import layers

from radiofind.classifiers.architectures.table import (
    ARCHITECTURES,
    architecture_of,
    classifying_part,
    cross_entropy,
)

pytestmark = pytest.mark.usefixtures("one_thread")

LIGHT = [name for name in ARCHITECTURES if name != "transfer"]
VARIANTS = [(name, variant) for name in LIGHT for variant in ARCHITECTURES[name].variants]


def test_the_table_has_all_architectures_and_their_recipes():
    papers = {name for name, one in ARCHITECTURES.items() if "paper" in one.recipes}
    assert set(ARCHITECTURES) == papers | {"default"}
    assert papers == {"rgz2018", "convnet4", "convnet8", "simple", "capsnet", "transfer"}
    assert all(name == one.name and "default" in one.recipes for name, one in ARCHITECTURES.items())


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_the_default_recipe_builds_a_network_from_image_to_probabilities(name, variant):
    architecture = ARCHITECTURES[name]
    recipe = architecture.recipes["default"]
    size = recipe.preparation.size_pixels
    network = architecture.build(size, 4, {**recipe.network, "variant": variant})
    part = classifying_part(network)
    assert (part.input_shape, part.output_shape) == ((None, size, size, 1), (None, 4))
    images = np.random.default_rng(1).uniform(size=(2, size, size, 1))
    np.testing.assert_allclose(np.asarray(part(images)).sum(axis=1), 1, rtol=1e-5)
    assert network.get_layer(architecture.validated_layer).output.shape == (None, 4)
    assert ("label" in {layer.name for layer in network.layers}) == architecture.sees_label


def test_the_classifying_part_drops_the_decoder_and_shares_the_weights():
    architecture = ARCHITECTURES["capsnet"]
    network = architecture.build(48, 3, architecture.recipes["default"].network)
    part = classifying_part(network)
    names = {layer.name for layer in part.layers}
    assert not names & {"decoder", "label", "chosen"}
    network.set_weights([0 * values for values in network.get_weights()])
    assert all(not values.any() for values in part.get_weights())


@pytest.mark.parametrize("name", LIGHT)
def test_all_layers_have_names_of_their_own(name):
    """Names that Keras counts would make the same network another file, by what was built before it."""
    architecture = ARCHITECTURES[name]
    size, settings = (
        architecture.recipes["default"].preparation.size_pixels,
        architecture.recipes["default"].network,
    )
    one, other = (architecture.build(size, 3, settings) for _ in range(2))
    assert [layer.name for layer in one.layers] == [layer.name for layer in other.layers]
    assert one.name == other.name
    inner = [layer for layer in one.layers if hasattr(layer, "layers")]
    for layer in inner:
        assert [part.name for part in layer.layers] == [
            part.name for part in other.get_layer(layer.name).layers
        ]


def test_the_cross_entropy_is_that_of_the_true_class():
    target, told = np.eye(3)[[0, 2]], np.array([[0.5, 0.3, 0.2], [0.9, 0.1, 0.0]], dtype=np.float32)
    np.testing.assert_allclose(cross_entropy(target, told), [np.log(2), -np.log(1e-7)], rtol=1e-6)


def test_losses_follow_recipe_and_settings():
    capsnet, convnet = ARCHITECTURES["capsnet"], ARCHITECTURES["convnet4"]
    settings = {"variant": "decoder"}
    assert capsnet.loss(capsnet.recipes["paper"], settings).reconstruction == 5.0
    assert capsnet.loss(capsnet.recipes["paper"], {}).reconstruction == 0.392
    assert convnet.loss(convnet.recipes["paper"], {}).label_smoothing == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"architecture": "convnet5"},
            "architecture: expected one of default, .*received convnet5 .did you mean",
        ),
        ({"recipe": "paper"}, "recipe of default: expected one of default, received paper"),
        ({"variant": "decoder"}, "variant of default: expected one of default, received decoder"),
    ],
)
def test_what_the_table_does_not_have_is_an_error(changes, message):
    settings = {"architecture": "default", "recipe": "default", "variant": "default"}
    assert architecture_of(settings)[0].name == "default"
    with pytest.raises(ValueError, match=message):
        architecture_of(settings | changes)


def test_networks_end_in_float32():
    for name in ("default", "rgz2018", "simple", "convnet4"):
        network = ARCHITECTURES[name].build(16, 3, {})
        last = network.get_layer("probabilities")
        assert isinstance(last, layers.Dense)
        assert last.dtype_policy.name == "float32"
