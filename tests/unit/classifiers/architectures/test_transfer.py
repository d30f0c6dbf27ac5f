"""Transfer learning: the network around the one that knows photographs, and where its weights come from."""

import keras
import numpy as np
import pytest
from keras import layers

from radiofind.classifiers.architectures.table import ARCHITECTURES
from radiofind.classifiers.architectures.transfer import build_transfer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]


@pytest.fixture
def backbone(monkeypatch):
    """A tiny network in the place of InceptionResNetV2; it tells how often it was asked for, and as what."""
    asked = []

    def make(*, include_top, weights, pooling, input_shape=(None, None, 3)):
        asked.append(
            {"include_top": include_top, "pooling": pooling, "weights": weights, "shape": input_shape}
        )
        if weights == "imagenet":
            raise OSError("no network")
        image = keras.Input(input_shape)
        x = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3, name="conv")(image))
        x = layers.GlobalMaxPooling2D(name="most")(x)
        return keras.Model(image, x, name="photographs")

    monkeypatch.setattr(keras.applications, "InceptionResNetV2", make)
    return asked


def test_small_cutouts_are_padded_and_shown_as_grey(backbone):
    network = build_transfer(10, 3, {"padded_pixels": 80})
    assert backbone == [{"include_top": False, "pooling": "max", "weights": None, "shape": (80, 80, 3)}]
    images = np.random.default_rng(1).normal(size=(2, 10, 10, 1)).astype(np.float32)
    part = keras.Model(network.input, network.get_layer("grey").output)
    shown = np.asarray(part(images))
    assert shown.shape == (2, 80, 80, 3)
    np.testing.assert_array_equal(shown[:, 35:45, 35:45], np.repeat(images, 3, axis=3))
    assert np.count_nonzero(shown) == 3 * np.count_nonzero(images)


def test_the_padding_is_at_least_what_the_network_takes(backbone):
    build_transfer(64, 3, {})
    build_transfer(100, 3, {})
    assert [asked["shape"][0] for asked in backbone] == [75, 100]


def test_the_top_is_that_of_the_paper_and_all_layers_learn(backbone):
    network = build_transfer(75, 3, {})
    drop, dense, last = network.layers[-3:]
    assert drop.rate == 0.2
    assert (dense.units, dense.activation.__name__) == (20, "relu")
    assert (last.name, last.units, last.activation.__name__) == ("probabilities", 3, "softmax")
    assert len(network.trainable_variables) == 8
    assert len(network.variables) == 8 + 3  # mean, variance, and the state of dropout


@pytest.mark.parametrize(("settings", "momentum"), [({}, 0.99), ({"momentum": 0.9}, 0.9)])
def test_normalisation_follows_as_fast_as_the_recipe_says(backbone, tmp_path, settings, momentum):
    network = build_transfer(75, 3, settings)
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras", compile=False, safe_mode=True)
    for one in (network, again):
        assert one.get_layer("photographs").get_layer("norm").momentum == momentum


def test_the_recipes_say_how_fast():
    recipes = ARCHITECTURES["transfer"].recipes
    assert (recipes["default"].network["momentum"], "momentum" in recipes["paper"].network) == (0.9, False)


@pytest.mark.parametrize("kind", [".weights.h5", ".keras"])
def test_weights_may_come_from_a_file(backbone, tmp_path, kind):
    learnt = keras.applications.InceptionResNetV2(include_top=False, weights=None, pooling="max")
    path = tmp_path / f"photographs{kind}"
    learnt.save_weights(path) if kind == ".weights.h5" else learnt.save(path)
    network = build_transfer(75, 3, {"weights": str(path)})
    for one, other in zip(network.get_layer("photographs").get_weights(), learnt.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("weights", "cause"), [("imagenet", "no network"), ("none.keras", "none.keras"), ("a.weights.h5", "a.w")]
)
def test_weights_that_cannot_be_had_are_an_error(backbone, weights, cause):
    with pytest.raises(ValueError, match=rf"weights: expected null, imagenet.*received {weights}: .*{cause}"):
        build_transfer(75, 3, {"weights": weights})


@pytest.mark.slow
def test_the_real_network_gives_probabilities():
    network = build_transfer(75, 3, {})
    assert network.count_params() == 54_336_736 + 1536 * 20 + 20 + 20 * 3 + 3
    found = np.asarray(network(np.random.default_rng(1).uniform(size=(1, 75, 75, 1))))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
