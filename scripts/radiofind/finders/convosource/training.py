"""Train the network of a finder on a training set, and calibrate it on the validation boxes."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from radiofind.evaluation.calibration import fit_calibration, matches_truth
from radiofind.evaluation.cuts import tune_cut
from radiofind.finders.convosource.architectures import with_precision
from radiofind.finders.convosource.flux_scale import learn_flux_scale
from radiofind.finders.convosource.inference import predictor_of
from radiofind.finders.convosource.model import load_finder
from radiofind.finders.convosource.recipes import RECIPES, Recipe
from radiofind.finders.convosource.training_sky import TrainingSky, read_training_sky, search_validation
from radiofind.networks.backend import choose_precision, compiles_kernels, set_up
from radiofind.networks.calibration import Calibration
from radiofind.networks.lean_keras import keras
from radiofind.networks.training import train

logger = logging.getLogger(__name__)


def train_finder(
    patches: str | Path,
    *,
    settings: Mapping[str, object],
    radius_pixels: Mapping[str, float],
    start: str | Path | None = None,
    state: str | Path,
    code: str,
) -> tuple[keras.Model, dict[str, object]]:
    """Return a trained network and the record of its training.

    Parameters
    ----------
    patches
        The file of patches.
    settings
        Settings of the finder.
    radius_pixels
        Largest distance of a match in each mosaic with a validation box.
    start
        The ``.keras`` file of a network of the same recipe from whose weights the training starts.
    state
        Folder that keeps the state of the training until `forget_training`. A state of the same patches,
        settings and code is resumed.
    code
        Digest of the code.

    Returns
    -------
    keras.Model
        The network in float32, to save.
    dict
        The record for JSON: settings, data, history and calibration.
    """
    recipe = RECIPES[settings["recipe"]]
    set_up(threads=settings["training_threads"], seed=settings["seed"])
    precision = choose_precision(settings["precision"])
    sky = read_training_sky(patches, recipe=recipe, settings=settings)
    radii = [radius_pixels[sky.origin["mosaics"][region.mosaic]] for region in sky.validation_regions]
    epochs = int(min(settings["epochs"], recipe.most_epochs))
    network = _compiled(recipe, precision, epochs * sky.batches.batches_per_epoch)
    if start:
        network.set_weights(load_finder(start).get_weights())
    logger.info("recipe %s, %d parameters, %s", recipe.name, network.count_params(), precision)
    logger.info("training on %s", sky.origin["numbers"])
    history = train(
        network,
        sky.batches,
        validate=lambda trained: _validate(trained, sky, radii),
        epochs=epochs,
        patience_epochs=recipe.patience_epochs,
        seed=settings["seed"],
        state=Path(state) / _digest(patches, settings, precision, code, start),
    )
    turns = recipe.turns if settings["augment"] != "none" else 1
    trained = with_precision(network, "float32")
    calibration = _calibrate(trained, sky, turns, radii)
    record = _circumstances(sky, settings, precision) | {
        "turns": turns,
        "history": history,
        "calibration": asdict(calibration),
        "flux_scale": learn_flux_scale(
            [*sky.train_regions, *sky.validation_regions], sky.origins, train_snr=sky.train_snr
        ),
    }
    return trained, record


def _compiled(recipe: Recipe, precision: str, steps: int) -> keras.Model:
    """Return a new network, compiled for a training of a number of steps."""
    network = with_precision(recipe.build(), precision)
    # Weights exclude pixels: only the weighted mean is comparable with the loss in the validation boxes.
    kind, _per_pixel = LOSSES[recipe.loss]
    loss = kind(reduction="mean_with_sample_weight")
    network.compile(recipe.optimiser(steps), loss, jit_compile=compiles_kernels())
    return network


def _circumstances(sky: TrainingSky, settings: Mapping[str, object], precision: str) -> dict[str, object]:
    """Return the settings, data and software of a training, for its record."""
    return {
        "recipe": sky.recipe.name,
        "input_scaling": sky.recipe.scaling,
        "pixels_per_beam": sky.pixels_per_beam,
        "train_snr": settings["train_snr"],
        "settings": dict(settings),
        "data": {key: value for key, value in sky.origin.items() if key != "provenance"},
        "precision": precision,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }


def _validate(network: keras.Model, sky: TrainingSky, radii: Sequence[float]) -> dict[str, float]:
    """Return the loss in the validation boxes, and the best F1 of all cuts on the probability there."""
    maps, tables = search_validation(sky, network.predict_on_batch, turns=1)
    _kind, per_pixel = LOSSES[sky.recipe.loss]
    losses = [per_pixel(found, example.target) for found, example in zip(maps, sky.validation, strict=True)]
    cut = tune_cut(tables, snr_min=sky.train_snr, radius_pixels=radii)
    loss = np.concatenate([part.ravel() for part in losses]).mean()
    return {"validation_loss": float(loss), "validation_f1": cut.f1 if cut else 0.0}


def _cross_entropy(probability: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the binary cross-entropy of each pixel."""
    probability = np.clip(probability.astype(float), 1e-7, 1 - 1e-7)
    return -(target * np.log(probability) + (1 - target) * np.log1p(-probability))


def _squared_error(demand: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the squared error of each pixel."""
    return (demand.astype(float) - target) ** 2


LOSSES = {
    "binary_crossentropy": (keras.losses.BinaryCrossentropy, _cross_entropy),
    "mean_squared_error": (keras.losses.MeanSquaredError, _squared_error),
}
"""The loss of a training and the same of each pixel, by name."""


def _calibrate(network: keras.Model, sky: TrainingSky, turns: int, radii: Sequence[float]) -> Calibration:
    """Return the calibration fitted to the detections in the validation boxes."""
    _maps, tables = search_validation(sky, predictor_of(network), turns=turns)
    matched = [
        matches_truth(truth, detections, snr_min=sky.train_snr, radius_pixels=radius)
        for (truth, detections), radius in zip(tables, radii, strict=True)
    ]
    raw = np.concatenate([detections["score"].to_numpy(float) for _truth, detections in tables])
    calibration = fit_calibration(raw, np.concatenate(matched))
    logger.info("calibrated with %d detections, of which %d match", len(raw), calibration.n_matched)
    return calibration


def _digest(
    patches: str | Path,
    settings: Mapping[str, object],
    precision: str,
    code: str,
    start: str | Path | None,
) -> str:
    """Return a digest that identifies a training by its data, settings, code and start."""
    terms = json.dumps([dict(settings), precision, keras.__version__, code], sort_keys=True)
    files = b"".join(Path(path).read_bytes() for path in (patches, start) if path)
    return hashlib.sha256(files + terms.encode()).hexdigest()[:16]
