"""Capsules: lengths, routing by agreement against slow code, and what is lost by."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from radiofind.classifiers.architectures.capsule_layers import (
    CapsuleLoss,
    Chosen,
    ClassCapsules,
    Lengths,
    Shares,
    SquaredError,
    Squash,
    margin_loss,
    squash,
)
from radiofind.classifiers.architectures.table import margin_loss as margin_loss_of_arrays

pytestmark = pytest.mark.usefixtures("one_thread")


def test_squashing_keeps_the_direction_and_shortens():
    vectors = np.array([[3.0, 4.0], [0.03, 0.04], [0.0, 0.0]], dtype=np.float32)
    found = np.asarray(squash(vectors))
    np.testing.assert_allclose(found[0], np.array([0.6, 0.8]) * 25 / 26, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found[1]), 0.0025 / 1.0025, rtol=1e-3)
    np.testing.assert_array_equal(found[2], 0)


def slow_squash(vector):
    square = (vector**2).sum()
    return vector * square / (1 + square) / np.sqrt(square + 1e-7)


def slow_routing(kernel, primary, rounds):
    """Procedure 1 of Sabour et al. 2017 for one cutout, a number at a time."""
    classes, number = kernel.shape[:2]
    predicted = np.array([[kernel[k, i] @ primary[i] for i in range(number)] for k in range(classes)])
    agreement = np.zeros((classes, number))
    for _ in range(rounds):
        shares = np.exp(agreement) / np.exp(agreement).sum(axis=0)
        capsules = np.array([slow_squash(shares[k] @ predicted[k]) for k in range(classes)])
        for k in range(classes):
            for i in range(number):
                agreement[k, i] += capsules[k] @ predicted[k, i]
    return capsules


@pytest.mark.parametrize("rounds", [1, 3])
def test_routing_is_that_of_the_paper(rounds):
    rng = np.random.default_rng(1)
    primary = rng.normal(size=(2, 5, 8)).astype(np.float32)
    layer = ClassCapsules(3, rounds=rounds)
    layer.build(primary.shape)
    kernel = rng.normal(scale=0.3, size=(3, 5, 16, 8)).astype(np.float32)
    layer.set_weights([kernel])
    expected = [slow_routing(kernel, one, rounds) for one in primary]
    np.testing.assert_allclose(np.asarray(layer(primary)), expected, rtol=1e-4, atol=1e-6)


def test_the_margin_loss_is_that_of_the_paper():
    target = np.array([[1, 0, 0], [1, 0, 0]], dtype=np.float32)
    lengths = np.array([[0.95, 0.05, 0.1], [0.4, 0.6, 0.0]], dtype=np.float32)
    expected = [0, 0.5**2 + 0.5 * 0.5**2]
    np.testing.assert_allclose(np.asarray(margin_loss(target, lengths)), expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(margin_loss_of_arrays(target, lengths), expected, rtol=1e-5, atol=1e-7)


def test_the_loss_adds_the_weighted_error_of_the_decoder_and_minds_the_weights():
    target = np.array([[1, 0], [0, 1]], dtype=np.float32)
    told = np.array([[0.5, 0.1, 0.02, 9, 9], [0.1, 0.9, 0.04, 9, 9]], dtype=np.float32)
    loss = CapsuleLoss(5.0)
    each = [0.4**2 + 5 * 0.02, 5 * 0.04]
    assert float(loss(target, told)) == pytest.approx(np.mean(each), rel=1e-5)
    assert float(loss(target, told, np.array([2.0, 0.0]))) == pytest.approx(each[0], rel=1e-5)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.reconstruction == 5.0


def test_the_decoder_is_shown_the_true_class_in_training_and_the_longest_capsule_in_use():
    capsules = np.zeros((1, 2, 16), dtype=np.float32)
    capsules[0, 0], capsules[0, 1] = 1, 2
    lengths = np.asarray(Lengths()(capsules))
    np.testing.assert_allclose(lengths, [[4, 8]], rtol=1e-5)
    label = np.array([[1.0, 0.0]], dtype=np.float32)
    layer = Chosen()
    in_training = np.asarray(layer([capsules, lengths, label], training=True))
    np.testing.assert_array_equal(in_training, [[1] * 16 + [0] * 16])
    np.testing.assert_array_equal(layer([capsules, lengths, label], training=False), [[0] * 16 + [2] * 16])


def test_shares_sum_to_one_and_errors_are_means_of_squares():
    np.testing.assert_allclose(Shares()(np.array([[0.1, 0.3]])), [[0.25, 0.75]], rtol=1e-6)
    images = np.zeros((2, 3, 3, 1), dtype=np.float32)
    np.testing.assert_allclose(SquaredError()([images, images + np.float32(0.5)]), [[0.25], [0.25]])


def test_nothing_at_all_has_a_slope_that_is_a_number():
    nothing = tf.zeros((1, 2, 16))
    for made in (squash, Lengths()):
        with tf.GradientTape() as tape:
            tape.watch(nothing)
            total = tf.reduce_sum(made(nothing))
        assert np.isfinite(tape.gradient(total, nothing)).all()


def test_a_layer_squashes_as_the_function_does():
    vectors = np.random.default_rng(1).normal(size=(2, 3, 8)).astype(np.float32)
    np.testing.assert_array_equal(Squash()(vectors), squash(vectors))


def test_routing_comes_back_with_its_settings_and_takes_three_rounds_by_itself():
    layer = ClassCapsules(3, rounds=5)
    again = ClassCapsules.from_config(layer.get_config())
    assert (again.n_classes, again.rounds) == (3, 5)
    assert ClassCapsules(3).rounds == 3


def test_predictions_of_primary_capsules_begin_different():
    layer = ClassCapsules(3)
    layer.build((None, 5, 8))
    kernel = np.asarray(layer.kernel)
    assert kernel.shape == (3, 5, 16, 8) and len(np.unique(kernel)) == kernel.size


def test_the_decoder_weighs_as_much_as_in_the_paper():
    assert CapsuleLoss().reconstruction == pytest.approx(0.0005 * 28**2)
