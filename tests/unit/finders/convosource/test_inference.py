"""Probability maps do not depend on blocks, and are averaged over orientations, for images of any size."""

import numpy as np
import pytest

from radiofind.finders.convosource.inference import predictor_of, probability_map
from radiofind.finders.convosource.recipes import RECIPES
from radiofind.networks.orientations import turned, turned_back

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]


def noise(shape):
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


@pytest.fixture(params=list(RECIPES))
def recipe(request):
    return RECIPES[request.param]


@pytest.fixture
def predict(recipe):
    """The network with random weights and no bias for an empty sky, so that probabilities spread."""
    network = recipe.build()
    kernel, bias = network.layers[-2].get_weights()
    network.layers[-2].set_weights([3 * kernel, np.zeros_like(bias)])
    return predictor_of(network)


def at_once(predict, inputs, reach):
    padded = np.pad(inputs, reach)
    found = np.asarray(predict(padded[np.newaxis, ..., np.newaxis]))[0, ..., 0]
    return found[reach:-reach, reach:-reach]


@pytest.mark.parametrize("block", [16, 30, 1000])
def test_blocks_give_the_same_map_as_the_whole_image(recipe, predict, block):
    inputs, reach = noise((61, 47)), recipe.reach_pixels
    found = probability_map(predict, inputs, reach_pixels=reach, turns=1, block_pixels=block)
    wanted = at_once(predict, inputs, reach)
    assert np.ptp(wanted) > 0.3
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("turns", [2, 8])
def test_turned_blocks_give_the_mean_of_the_turned_image(recipe, predict, turns):
    inputs, reach = noise((33, 47)), recipe.reach_pixels
    found = probability_map(predict, inputs, reach_pixels=reach, turns=turns, block_pixels=20)
    ways = [turned_back(at_once(predict, turned(inputs, way), reach), way) for way in range(turns)]
    np.testing.assert_allclose(found, np.mean(ways, axis=0), atol=1e-5)
    assert np.abs(ways[0] - ways[1]).max() > 0.01


def test_with_all_turns_a_turned_image_gives_the_turned_map(recipe, predict):
    inputs, options = noise((40, 30)), {"reach_pixels": recipe.reach_pixels, "turns": 8}
    found = probability_map(predict, inputs, **options)
    for way in range(8):
        other = probability_map(predict, turned(inputs, way), **options)
        np.testing.assert_allclose(turned_back(other, way), found, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (3, 100), (64, 64), (65, 64), (129, 31)])
def test_every_pixel_is_filled_from_blocks_of_one_shape_and_bounded_size(shape):
    seen = []

    def identity(inputs):
        seen.append(inputs.shape)
        return inputs

    inputs = noise(shape)
    found = probability_map(identity, inputs, reach_pixels=4, turns=1, block_pixels=32)
    np.testing.assert_array_equal(found, inputs)
    assert len(set(seen)) == 1
    # 32 plus two margins of 4 is 40, which is rounded up to a multiple of 16.
    assert max(seen[0][1:3]) <= 48
