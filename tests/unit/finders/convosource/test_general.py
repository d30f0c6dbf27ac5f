"""The network that ships finds sources on new skies better than local maxima do, also near blank pixels."""

from itertools import count, islice

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import binary_erosion, distance_transform_edt

from radiofind.evaluation.cuts import tune_cut
from radiofind.evaluation.matching import match_one_to_one, positions
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
RADIUS = 3.0
LOWEST = 0.02


def unbinned_skies(number):
    """Seeds that the training does not use, with descriptions that a network does not bin."""
    skies = ((seed, random_description(seed)) for seed in count(1001))
    return list(islice((one for one in skies if one[1].beam_pixels <= BEAM_PIXELS[1]), number))


def measured(pixels):
    """Noise of these pixels, as the workflow measures it."""
    box = Box(0, SIZE, 0, SIZE)
    return measure_noise(
        pixels, support=box, target=box, settings=noise_settings(box_pixels=150, step_pixels=50)
    )


def searched(model, pixels, noise):
    """Probability map of the network in one orientation."""
    inputs = model.recipe.scale(pixels, noise.mean, noise.rms)
    return probability_map(model.predict, inputs, reach_pixels=model.recipe.reach_pixels, turns=1)


def truth_of(sources, noise):
    """True sources with their SNR."""
    truth = pd.DataFrame({"x": sources["x_cent"], "y": sources["y_cent"], "region": "validation"})
    return truth.assign(snr=sources["flux"] / np.median(noise.rms))


def best_f1(truth, x, y, score):
    """F1 with the best of all cuts."""
    found = pd.DataFrame({"x": x, "y": y, "score": score, "peak_snr": np.nan, "region": "validation"})
    return tune_cut([(truth, found)], snr_min=SNR, radius_pixels=RADIUS).f1


def test_it_beats_local_maxima_on_new_skies():
    model = read_model(model_file(GENERAL), record_of(GENERAL))
    assert model.recipe.name == "general" and model.train_snr == SNR
    network, maxima = [], []
    for seed, sky in unbinned_skies(4):
        pixels, sources = draw_sky(sky, size_pixels=SIZE, seed=seed)
        noise = measured(pixels)
        truth, found = truth_of(sources, noise), peaks_of(searched(model, pixels, noise))
        network.append(best_f1(truth, found["x"], found["y"], found["probability"]))
        snr = (pixels - noise.mean) / noise.rms
        row, column = np.nonzero(is_maximum(snr) & (snr > SNR))
        maxima.append(best_f1(truth, column, row, snr[row, column] / snr.max()))
    assert np.mean(network) > np.mean(maxima) + 0.01


def false_detections(truth, probability, where):
    """Number of detections in a part of the map that match no truth, down to low scores."""
    found = peaks_of(probability, where=where)
    found = found[found["probability"] > LOWEST]
    return len(found) - len(match_one_to_one(positions(truth), positions(found), radius_pixels=RADIUS).truth)


def test_blank_pixels_matter_within_reach_only_and_no_more_is_found_along_their_edges():
    """So the network need not have seen blank pixels in its training."""
    model = read_model(model_file(GENERAL), record_of(GENERAL))
    reach = model.recipe.reach_pixels
    stripes = np.add(*np.indices((SIZE, SIZE))) // 100 % 3 == 0
    distance = distance_transform_edt(~stripes)
    near = binary_erosion(~stripes, np.ones((3, 3))) & (distance <= reach)
    beyond = distance > np.sqrt(2) * reach
    without, beside = 0, 0
    for seed, sky in unbinned_skies(2):
        pixels, sources = draw_sky(sky, size_pixels=SIZE, seed=seed)
        noise, cut = measured(pixels), np.where(stripes, np.float32(np.nan), pixels)
        whole = searched(model, pixels, noise)
        np.testing.assert_allclose(searched(model, cut, noise)[beyond], whole[beyond], atol=1e-4)
        truth = truth_of(sources, noise)
        truth = truth[truth["snr"] > SNR]
        without += false_detections(truth, whole, near)
        beside += false_detections(truth, np.where(stripes, 0, searched(model, cut, measured(cut))), near)
    assert 30 < beside <= without


def test_it_is_small():
    assert model_file(GENERAL).stat().st_size + record_of(GENERAL).stat().st_size < 1e6
