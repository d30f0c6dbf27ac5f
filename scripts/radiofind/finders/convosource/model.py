"""Trained networks as files: the network, and the record of its training, which says where it may be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import keras

from radiofind.finders.convosource.architectures import IMAGE, with_precision
from radiofind.finders.convosource.binning import pixels_per_beam
from radiofind.finders.convosource.inference import Predictor, predictor_of
from radiofind.finders.convosource.recipes import RECIPES, Recipe
from radiofind.json_files import read_json
from radiofind.mosaics.images import ImageHeader
from radiofind.networks.calibration import Calibration
from radiofind.networks.records import check_keras
from radiofind.networks.saving import load_network

TOLERANCE = 1.3
"""Largest ratio of the pixels per beam (after binning) of two images that one network may see."""


@dataclass(frozen=True)
class Record:
    """What is needed of the record of a training to use its network."""

    recipe: str
    """Name of its recipe."""
    input_scaling: str
    """How it sees the sky, as its recipe had it."""
    keras: str
    """Version that made it."""
    pixels_per_beam: float
    turns: int
    train_snr: float
    calibration: Calibration
    flux_scale: float
    """As those of `TrainedModel`."""


class ModelError(ValueError):
    """A network that cannot be used where it is asked to, of which the user must know."""


@dataclass(frozen=True)
class TrainedModel:
    """A network that is ready to be used."""

    predict: Predictor
    """From (n, rows, columns, 1) inputs to probabilities."""
    recipe: Recipe
    """How it sees the sky."""
    pixels_per_beam: float
    """Width of the beam in the pixels of the network."""
    train_snr: float
    """Its scores are probabilities of truth above this SNR."""
    turns: int
    """Orientations over which its probabilities are averaged."""
    calibration: Calibration
    """Turns its probabilities into scores."""
    flux_scale: float
    """Median of measured over true total flux of bright sources where it was trained."""


def read_model(network: str | Path, record: str | Path, *, precision: str = "float32") -> TrainedModel:
    """Return a trained network.

    Parameters
    ----------
    network
        The ``.keras`` file.
    record
        The ``.json`` file that was written with it.
    precision
        ``float32`` or ``bfloat16``, in which it is run.

    Raises
    ------
    ValueError
        When a file is not what it should be, or was made by another major version of Keras.
    """
    known = read_json(record, Record, what="the record of a training")
    recipe = _recipe_of(known, record)
    check_keras(known.keras, record, what="model")
    return TrainedModel(
        predict=predictor_of(with_precision(load_finder(network), precision)),
        recipe=recipe,
        pixels_per_beam=known.pixels_per_beam,
        train_snr=known.train_snr,
        turns=known.turns,
        calibration=known.calibration,
        flux_scale=known.flux_scale,
    )


def load_finder(path: str | Path) -> keras.Model:
    """Return a network from image to image from a ``.keras`` file; the parameter is that of `load_network`.

    Raises
    ------
    ValueError
        As of `load_network`, and when it is a network of another kind.
    """
    network = load_network(path)
    shapes = [getattr(network, f"{side}_shape", None) for side in ("input", "output")]
    if shapes != [IMAGE, IMAGE]:
        raise ValueError(f"{path}: expected a network from {IMAGE} to the same, received {shapes}")
    return network


def fitting_factor(header: ImageHeader, *, wanted: float) -> int:
    """Return how many pixels of an image to bin so that a network sees the beam as it was trained to.

    Parameters
    ----------
    header
        The image.
    wanted
        Width of the beam in pixels of the network.

    Raises
    ------
    ModelError
        When the width comes no closer than a factor of 1.3.
    """
    width = pixels_per_beam(header)
    factor = max(round(width / wanted), 1)
    found = width / factor
    if max(found / wanted, wanted / found) > TOLERANCE:
        raise ModelError(
            f"{header.path}: expected a beam of {wanted:.2f} pixels, which the network was trained on, "
            f"received one of {found:.2f} ({width:.2f} before binning); train a network for this image"
        )
    return factor


def _recipe_of(known: Record, record: str | Path) -> Recipe:
    """Return the recipe of a model; raise when it is not one of ours, or scales its input in another way."""
    recipe = RECIPES.get(known.recipe)
    if recipe is None or known.input_scaling != recipe.scaling:
        expected = ", ".join(f"{one.name} with {one.scaling}" for one in RECIPES.values())
        received = f"{known.recipe} with {known.input_scaling}"
        raise ValueError(
            f"{record}: expected a recipe and its input scaling ({expected}), received {received}"
        )
    return recipe
