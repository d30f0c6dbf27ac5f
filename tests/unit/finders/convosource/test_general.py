"""The network that ships finds sources on skies that it has not seen, better than local maxima do."""

from itertools import count, islice

import numpy as np
import pandas as pd
import pytest

from radiofind.evaluation.cuts import tune_cut
from radiofind.finders.convosource.inference import probability_map
from radiofind.finders.convosource.limits import GENERAL
from radiofind.finders.convosource.model import read_model
from radiofind.finders.convosource.search import peaks_of
from radiofind.mosaics.box import Box
from radiofind.mosaics.maxima import is_maximum
from radiofind.mosaics.noise import measure_noise, noise_settings
from radiofind.simulation.matched_sky import draw_sky
from radiofind.simulation.random_skies import BEAM_PIXELS, random_description
from radiofind.workflow.config.frozen_models import model_file, record_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

SIZE = 400
SNR = 2.0


def unbinned_skies(number):
    """Seeds that the training does not use, with descriptions that a network does not bin."""
    skies = ((seed, random_description(seed)) for seed in count(1001))
    return list(islice((one for one in skies if one[1].beam_pixels <= BEAM_PIXELS[1]), number))


def best_f1(truth, x, y, score):
    """F1 with the best of all cuts."""
    found = pd.DataFrame({"x": x, "y": y, "score": score, "peak_snr": np.nan, "region": "validation"})
    return tune_cut([(truth, found)], snr_min=SNR, radius_pixels=3).f1


def test_it_beats_local_maxima_on_new_skies():
    model = read_model(model_file(GENERAL), record_of(GENERAL))
    assert model.recipe.name == "general" and model.train_snr == SNR
    box = Box(0, SIZE, 0, SIZE)
    network, maxima = [], []
    for seed, sky in unbinned_skies(4):
        pixels, sources = draw_sky(sky, size_pixels=SIZE, seed=seed)
        settings = noise_settings(box_pixels=150, step_pixels=50)
        noise = measure_noise(pixels, support=box, target=box, settings=settings)
        truth = pd.DataFrame({"x": sources["x_cent"], "y": sources["y_cent"], "region": "validation"})
        truth["snr"] = sources["flux"] / np.median(noise.rms)
        inputs = model.recipe.scale(pixels, noise.mean, noise.rms)
        found = peaks_of(
            probability_map(model.predict, inputs, reach_pixels=model.recipe.reach_pixels, turns=1)
        )
        network.append(best_f1(truth, found["x"], found["y"], found["probability"]))
        snr = (pixels - noise.mean) / noise.rms
        row, column = np.nonzero(is_maximum(snr) & (snr > SNR))
        maxima.append(best_f1(truth, column, row, snr[row, column] / snr.max()))
    assert np.mean(network) > np.mean(maxima) + 0.01


def test_it_is_small():
    assert model_file(GENERAL).stat().st_size + record_of(GENERAL).stat().st_size < 1e6
