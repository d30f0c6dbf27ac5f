"""The capsule network: its parts, its numbers of parameters, and what its capsules stand for."""

import keras
import numpy as np
import pytest

from radiofind.classifiers.architectures.capsule_layers import CapsuleLoss
from radiofind.classifiers.architectures.capsules import STEPS, build_capsnet, perturb_capsules, reconstruct

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

SMALL = {
    "filters": 8,
    "kernel": 3,
    "stride": 1,
    "capsules": 2,
    "primary_kernel": 3,
    "primary_stride": 3,
    "decoder": (16, 32),
}


@pytest.fixture
def network():
    return build_capsnet(10, 3, SMALL | {"normalised": True})


@pytest.fixture
def images():
    return np.random.default_rng(1).uniform(size=(4, 10, 10, 1)).astype(np.float32)


@pytest.mark.parametrize(
    ("variant", "parameters", "primary"),
    [("default", 58_347_568, 56_448), ("filters", 53_026_096, 128), ("decoder", 90_666_544, 56_448)],
)
def test_variants_have_the_parameters_and_capsules_of_the_public_code(variant, parameters, primary):
    network = build_capsnet(100, 3, {"variant": variant, "channels": 3})
    assert network.count_params() == parameters
    assert network.get_layer("primary_capsules").output.shape == (None, primary, 8)
    assert network.get_layer("capsules").rounds == 3


def test_the_output_is_lengths_error_and_probabilities(network, images):
    label = np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]
    told = np.asarray(network({"image": images, "label": label}))
    assert told.shape == (4, 7)
    lengths, probabilities = told[:, :3], told[:, 4:]
    assert ((lengths > 0) & (lengths < 1)).all()
    np.testing.assert_allclose(probabilities, lengths / lengths.sum(axis=1, keepdims=True), rtol=1e-5)
    error = ((images - reconstruct(network, images)) ** 2).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(told[:, 3], error, rtol=1e-4)


def test_what_a_cutout_is_is_not_told_by_its_label(network, images):
    labels = np.eye(3, dtype=np.float32)[[[0, 1, 2, 0], [2, 2, 1, 1]]]
    one, other = (np.asarray(network({"image": images, "label": label}, training=True)) for label in labels)
    np.testing.assert_array_equal(one[:, :3], other[:, :3])
    assert not np.allclose(one[:, 3], other[:, 3])


def test_capsules_are_as_long_in_faint_cutouts_when_normalised(network, images):
    label = np.zeros((4, 3), dtype=np.float32)
    bright, faint = (np.asarray(network({"image": images * f, "label": label})) for f in (1.0, 0.1))
    np.testing.assert_allclose(faint[:, :3], bright[:, :3], rtol=0.05)


def test_training_shortens_the_loss(network, images):
    network.compile(keras.optimizers.Adam(0.01), CapsuleLoss())
    label, weights = np.eye(3, dtype=np.float32)[[0, 1, 2, 0]], np.ones(4, dtype=np.float32)
    given = {"image": images, "label": label}
    losses = [float(network.train_on_batch(given, label, sample_weight=weights)) for _ in range(30)]
    assert losses[-1] < 0.5 * losses[0]


def test_perturbed_capsules_show_each_number_and_each_step(network, images):
    found = perturb_capsules(network, images)
    assert found.shape == (4, 16, 11, 10, 10, 1)
    assert STEPS == (-0.25, -0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.25)
    as_it_is = np.broadcast_to(reconstruct(network, images)[:, np.newaxis], found[:, :, 5].shape)
    np.testing.assert_allclose(found[:, :, 5], as_it_is, rtol=1e-4)
    assert (np.abs(found[:, :, 0] - found[:, :, 10]).max(axis=(2, 3, 4)) > 1e-5).all()


def test_a_perturbed_number_is_that_of_the_longest_capsule(network, images):
    decoder = network.get_layer("decoder")
    part = keras.Model(network.get_layer("image").output, network.get_layer("capsules").output)
    capsules = np.asarray(part(images[:1]))[0]
    longest = np.linalg.norm(capsules, axis=1).argmax()
    changed = np.zeros_like(capsules)
    changed[longest] = capsules[longest]
    changed[longest, 7] += 0.2
    expected = np.asarray(decoder(changed.reshape(1, -1)))[0]
    np.testing.assert_allclose(perturb_capsules(network, images[:1])[0, 7, 9], expected, rtol=1e-4)


def test_cutouts_smaller_than_the_kernels_are_an_error():
    with pytest.raises(ValueError, match="91 pixels .*24 and 18 pixels.* 92"):
        build_capsnet(91, 3, {"variant": "filters"})


def test_an_unknown_variant_is_an_error():
    with pytest.raises(ValueError, match="variant: expected one of default, filters, decoder, received wide"):
        build_capsnet(100, 3, {"variant": "wide"})
