"""The network gives the same answer however a cutout is turned by quarter turns or mirrored."""

import keras
import numpy as np
import pytest

from radiofind.backend import set_up
from radiofind.equivariant import SYMMETRIES, SymmetricConv2D, build_default, changed

pytestmark = pytest.mark.usefixtures("one_thread")


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


@pytest.mark.parametrize("symmetry", range(SYMMETRIES))
def test_a_turned_or_mirrored_cutout_gets_the_same_answer(network, symmetry):
    images = cutouts(2)
    plain = network.predict_on_batch(images)
    assert np.ptp(plain, axis=0).max() > 0.01
    turned = network.predict_on_batch(in_orientation(images, symmetry))
    assert np.allclose(turned, plain, atol=1e-5)


def test_features_turn_with_the_image_and_swap_orientations():
    keras.utils.set_random_seed(3)
    layers = SymmetricConv2D(2, 5, first=True), SymmetricConv2D(3)
    image = keras.Input((9, 9, 1))
    network = keras.Model(image, layers[1](layers[0](image)))
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
