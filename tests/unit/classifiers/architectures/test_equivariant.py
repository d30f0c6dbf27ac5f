"""The network gives the same answer however a cutout is turned by quarter turns or mirrored."""

import keras
import numpy as np
import pytest
from keras import layers

from radiofind.classifiers.architectures.equivariant import (
    SYMMETRIES,
    SymmetricConv2D,
    build_default,
    changed,
)
from radiofind.networks.backend import set_up

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread", "without_graphs")]


def cutouts(channels=1, side=16):
    return np.random.default_rng(1).normal(size=(3, side, side, channels)).astype(np.float32)


def in_orientation(images, symmetry):
    return np.stack([np.asarray(changed(image, symmetry)) for image in images])


@pytest.fixture(scope="module")
def network():
    set_up(threads=1, seed=1)
    return build_default(16, 3, {"channels": 2})


def test_the_symmetries_are_eight_different_ones():
    image = np.arange(9.0).reshape(3, 3)
    assert len({np.asarray(changed(image, symmetry)).tobytes() for symmetry in range(SYMMETRIES)}) == 8


def test_a_turned_or_mirrored_cutout_gets_the_same_answer(network):
    images = cutouts(2)
    given = [in_orientation(images, symmetry) for symmetry in range(SYMMETRIES)]
    answers = network.predict_on_batch(np.concatenate(given)).reshape(SYMMETRIES, len(images), -1)
    assert np.ptp(answers[0], axis=0).max() > 0.01
    assert np.allclose(answers, answers[0], atol=1e-5)


def test_features_turn_with_the_image_and_swap_orientations():
    keras.utils.set_random_seed(3)
    both = SymmetricConv2D(2, 5, first=True), SymmetricConv2D(3)
    image = keras.Input((9, 9, 1))
    network = keras.Model(image, both[1](both[0](image)))
    plain = network.predict_on_batch(cutouts(1, 9))
    turned = network.predict_on_batch(in_orientation(cutouts(1, 9), 1))
    back = np.stack([np.rot90(one, -1) for one in turned]).reshape(3, 9, 9, SYMMETRIES, 3)
    plain = plain.reshape(3, 9, 9, SYMMETRIES, 3)
    quarter = [3, 0, 1, 2, 7, 4, 5, 6]
    assert np.allclose(back, plain[:, :, :, quarter], atol=1e-5)


def test_a_cutout_of_another_source_gets_another_answer(network):
    images = cutouts(2)
    assert not np.allclose(network.predict_on_batch(images * 2), network.predict_on_batch(images), atol=1e-4)


def test_it_comes_back_from_its_file(network, tmp_path):
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras", compile=False, safe_mode=True)
    assert (again.predict_on_batch(cutouts(2)) == network.predict_on_batch(cutouts(2))).all()


def test_a_symmetry_mirrors_left_and_right_before_it_turns():
    image = np.arange(9.0).reshape(3, 3)
    for symmetry in range(SYMMETRIES):
        mirrored = image[:, ::-1] if symmetry >= 4 else image
        assert (np.asarray(changed(image, symmetry)) == np.rot90(mirrored, symmetry % 4)).all()


def test_the_network_layer_by_layer(network):
    found = []
    for layer in network.layers[1:]:
        if isinstance(layer, SymmetricConv2D):
            found.append(("conv", layer.features, layer.kernel_size, layer.first))
        elif isinstance(layer, layers.BatchNormalization):
            found.append(("norm", layer.momentum, tuple(layer.gamma.shape)))
        elif isinstance(layer, layers.Activation):
            found.append(layer.activation.__name__)
        elif isinstance(layer, layers.MaxPooling2D):
            found.append(("halved", layer.pool_size))
        elif not isinstance(layer, layers.Reshape):
            found.append(layer.name)
    expected = []
    for number, features in enumerate((4, 6, 6, 12, 12, 24, 48)):
        expected += [("conv", features, 3 if number else 5, number == 0)]
        expected += [("halved", (2, 2))] if number in (0, 2, 4) else []
        expected += [("norm", 0.9, (features,)), "relu"]
    pooled = ["mean", "brightest", "strongest_mean", "strongest_brightest"]
    assert found == [*expected, *pooled, "features", "drop", "probabilities"]
    assert network.get_layer("drop").rate == 0.2 and network.name == "default"


def test_the_strongest_orientation_of_a_feature_counts(network):
    outputs = [network.get_layer(name).output for name in ("mean", "strongest_mean", "features")]
    mean, strongest, features = keras.Model(network.input, outputs).predict_on_batch(cutouts(2))
    assert np.allclose(strongest, mean.reshape(3, SYMMETRIES, 48).max(axis=1))
    assert features.shape == (3, 96)


@pytest.mark.parametrize("first", [True, False])
def test_kernels_begin_as_wide_as_he_et_al_draw_them(first):
    layer = SymmetricConv2D(64, 5, first=first)
    layer.build((None, 9, 9, 16))
    assert np.asarray(layer.kernel).std() == pytest.approx(np.sqrt(2 / (25 * 16)), rel=0.05)
    assert layer.compute_output_shape((None, 9, 9, 16)) == (None, 9, 9, 8 * 64)
