"""Recipes: those of the papers to the letter, rates over the training, and how cutouts are fitted."""

import keras
import numpy as np
import pytest

from radiofind.classifiers.architectures.table import ARCHITECTURES
from radiofind.classifiers.recipes import (
    adam,
    adam_by_epochs,
    adam_with_cosine,
    default_recipe,
    fitted,
    low_adam_with_cosine,
    nesterov_in_steps,
    paper_2019,
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("name", ["convnet4", "convnet8", "simple", "capsnet", "transfer"])
def test_the_recipe_of_2019_is_that_of_the_public_code(name):
    recipe = ARCHITECTURES[name].recipes["paper"]
    assert (recipe.batch, recipe.most_epochs, recipe.patience_epochs) == (100, 50, 0)
    assert (recipe.preparation.size_pixels, recipe.preparation.scaling) == (100, "2019")
    assert (recipe.best_by, recipe.balanced, recipe.turns) == ("validation_error", False, 1)
    assert recipe.label_smoothing == 0
    assert fitted(recipe, 200, 4.0).binning == 1
    assert dict(recipe.network) == ({"padded_pixels": 140} if name == "transfer" else {})
    optimiser = recipe.optimiser(20, 50)
    assert isinstance(optimiser, keras.optimizers.Adam)
    assert rate_after(optimiser, 0) == pytest.approx(1e-3)


@pytest.mark.parametrize(("name", "rate"), [("convnet4", 1e-3), ("convnet8", 3e-4), ("transfer", 1e-3)])
def test_the_deepest_network_that_nothing_normalises_learns_slowly(name, rate):
    recipe = ARCHITECTURES[name].recipes["default"]
    assert rate_after(recipe.optimiser(20, 50), 0) == pytest.approx(rate)


def test_the_recipe_of_2018_is_that_of_the_paper():
    recipe = ARCHITECTURES["rgz2018"].recipes["paper"]
    assert (recipe.batch, recipe.most_epochs, recipe.preparation.size_pixels) == (8, 1000, 132)
    optimiser = recipe.optimiser(10, 1000)
    assert isinstance(optimiser, keras.optimizers.SGD)
    assert (optimiser.momentum, optimiser.nesterov) == (0.9, True)


def rate_after(optimiser, steps):
    optimiser.build([keras.Variable(np.zeros(1))])
    optimiser.iterations.assign(steps)
    return float(np.asarray(optimiser.learning_rate))


@pytest.mark.parametrize(
    ("make", "rates"),
    [
        (adam, {0: 1e-3, 999: 1e-3}),
        (adam_by_epochs, {0: 1e-3, 99: 1e-3, 100: 9e-4, 250: 8.1e-4}),
        (adam_with_cosine, {0: 1e-3, 500: 5e-4, 1000: 0.0}),
        (low_adam_with_cosine, {0: 3e-4, 500: 1.5e-4, 1000: 0.0}),
        (nesterov_in_steps, {0: 1e-3, 199: 1e-3, 201: 1e-4, 401: 1e-5, 601: 1e-6, 999: 1e-7}),
    ],
)
def test_rates_fall_as_they_should_in_ten_epochs_of_a_hundred_steps(make, rates):
    for steps, rate in rates.items():
        assert rate_after(make(100, 10), steps) == pytest.approx(rate, rel=1e-4, abs=1e-9)


def test_a_training_of_one_step_has_a_rate_too():
    assert rate_after(nesterov_in_steps(1, 1), 0) == pytest.approx(1e-3)


@pytest.mark.parametrize(
    ("side", "binning"), [(20, 1), (64, 1), (100, 1), (106, 1), (107, 2), (150, 2), (300, 3)]
)
def test_large_cutouts_are_binned_until_the_network_sees_most_of_them(side, binning):
    preparation = fitted(default_recipe(64), side, 3.0)
    assert (preparation.size_pixels, preparation.binning, preparation.clip_rms) == (64, binning, 3.0)
    assert preparation.scaling == "sqrt"


def test_recipes_keep_their_network_settings():
    assert dict(default_recipe(48, filters=8).network) == {"filters": 8}
    assert dict(paper_2019(padded_pixels=140).network) == {"padded_pixels": 140}
