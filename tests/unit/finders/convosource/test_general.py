"""The network that ships finds sources on skies that it has not seen, better than local maxima do."""

import numpy as np
import pandas as pd
import pytest

from radiofind.evaluation.cuts import tune_cut
from radiofind.finders.convosource.inference import probability_map
from radiofind.finders.convosource.model import read_model
from radiofind.finders.convosource.search import peaks_of
from radiofind.mosaics.maxima import is_maximum
from radiofind.simulation.matched_sky import draw_sky
from radiofind.simulation.random_skies import BEAM_PIXELS, random_description
from radiofind.workflow.config.frozen_models import GENERAL, model_file, record_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

SIZE = 350
SNR = 2.0


def unbinned(first_seed):
    """The first description that a network does not bin, from a seed that the training does not use."""
    seed = first_seed
    while random_description(seed).beam_pixels > BEAM_PIXELS[1]:
        seed += 1
    return seed, random_description(seed)


def best_f1(truth, x, y, score):
    """F1 with the best of all cuts."""
    found = pd.DataFrame({"x": x, "y": y, "score": score, "peak_snr": np.nan, "region": "validation"})
    return tune_cut([(truth, found)], snr_min=SNR, radius_pixels=3).f1


def test_it_beats_local_maxima_on_new_skies():
    model = read_model(model_file(GENERAL), record_of(GENERAL))
    assert model.recipe.name == "general" and model.train_snr == SNR
    network, maxima = [], []
    for first in (1001, 2001, 3001, 4001):
        seed, sky = unbinned(first)
        pixels, sources = draw_sky(sky, size_pixels=SIZE, seed=seed)
        snr = pixels / sky.rms_jy_per_beam
        truth = pd.DataFrame({"x": sources["x_cent"], "y": sources["y_cent"], "region": "validation"})
        truth["snr"] = sources["flux"] / sky.rms_jy_per_beam
        inputs = model.recipe.scale(pixels, 0.0, np.full_like(pixels, sky.rms_jy_per_beam))
        probability = probability_map(model.predict, inputs, reach_pixels=model.recipe.reach_pixels, turns=1)
        found = peaks_of(probability)
        network.append(best_f1(truth, found["x"], found["y"], found["probability"]))
        row, column = np.nonzero(is_maximum(snr) & (snr > SNR))
        maxima.append(best_f1(truth, column, row, snr[row, column] / snr.max()))
    print(network, maxima)
    assert np.mean(network) > np.mean(maxima) + 0.01


def test_it_is_small():
    assert model_file(GENERAL).stat().st_size + record_of(GENERAL).stat().st_size < 1e6
