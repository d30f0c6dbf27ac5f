"""The recipes: receptive fields, input scaling, and the settings of the paper."""

import warnings

import keras
import numpy as np
import pytest

from radiofind.finders.convosource.recipes import RECIPES, asinh_of_snr, jansky_times_1e7
from radiofind.finders.convosource.targets import single_pixels

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("name", list(RECIPES))
def test_networks_see_exactly_as_far_as_their_recipe_says(name):
    network = RECIPES[name].build()
    # With positive random kernels and no bias, outputs are non-zero exactly where they depend on the pixel.
    rng = np.random.default_rng(1)
    for weight in network.weights:
        if weight.name == "kernel":
            weight.assign(rng.uniform(0.01, 0.1, weight.shape))
        elif weight.name == "bias":
            weight.assign(np.zeros(weight.shape))
    logits = keras.Model(network.inputs[0], network.layers[-2].output)
    image = np.zeros((1, 41, 41, 1), dtype="float32")
    image[0, 20, 20] = 1
    row, column = np.nonzero(np.asarray(logits(image))[0, ..., 0])
    reach = RECIPES[name].reach_pixels
    assert (row.min(), row.max(), column.min(), column.max()) == (20 - reach, 20 + reach) * 2


def test_recipes_are_known_by_their_name_and_their_scaling():
    for name, recipe in RECIPES.items():
        assert recipe.name == name
        assert recipe.scaling == recipe.scale.__name__


def test_the_paper_is_followed():
    paper = RECIPES["paper"]
    optimiser = paper.optimiser(100)
    assert isinstance(optimiser, keras.optimizers.Adadelta)
    assert float(optimiser.learning_rate) == 1.0
    assert optimiser.rho == 0.99
    assert (paper.batch, paper.patience_epochs, paper.turns, paper.crop_pixels) == (128, 5, 1, 0)
    assert paper.target is single_pixels
    assert paper.scaling == "jansky_times_1e7"


def test_the_optimiser_of_deepsource_is_followed():
    optimiser = RECIPES["deepsource"].optimiser(100)
    assert isinstance(optimiser, keras.optimizers.RMSprop)
    assert float(optimiser.learning_rate) == pytest.approx(1e-3)


def test_the_rate_of_the_default_recipe_falls_to_zero():
    optimiser = RECIPES["default"].optimiser(50)
    rates = []
    for steps in (0, 25, 50):
        optimiser.iterations.assign(steps)
        rates.append(float(optimiser.learning_rate))
    np.testing.assert_allclose(rates, [1e-3, 5e-4, 0], atol=1e-9)


def test_snr_is_linear_in_the_noise_and_logarithmic_in_bright_sources():
    snr = np.array([[-0.01, 0.0, 0.01, 1e4, 1e5]])
    scaled = asinh_of_snr(3 * snr + 7, np.full_like(snr, 7), np.full_like(snr, 3))
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled[0, :3], [-0.005, 0, 0.005], rtol=1e-4, atol=1e-8)
    np.testing.assert_allclose(scaled[0, 4] - scaled[0, 3], np.log(10), rtol=1e-4)


def test_the_paper_multiplies_with_ten_million():
    pixels = np.array([[1e-7, -2e-7]])
    scaled = jansky_times_1e7(pixels, np.ones((1, 2)), np.ones((1, 2)))
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, [[1, -2]], rtol=1e-6)


@pytest.mark.parametrize("scale", [recipe.scale for recipe in RECIPES.values()])
def test_blank_pixels_are_zero_whatever_else_is_on_the_tile(scale):
    pixels = np.array([[np.nan, 1e-6, np.nan]])
    rms = np.array([[np.nan, 1e-6, 2e-6]])
    with warnings.catch_warnings(action="error"):
        scaled = scale(pixels, np.zeros((1, 3)), rms)
    assert scaled[0, 0] == scaled[0, 2] == 0
    assert scaled[0, 1] > 0


def test_pixels_without_noise_are_zero_in_snr():
    scaled = asinh_of_snr(np.ones((1, 3)), np.zeros((1, 3)), np.array([[0, np.nan, 1]]))
    np.testing.assert_array_equal(scaled > 0, [[False, False, True]])
