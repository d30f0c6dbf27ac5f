"""Read trained networks: the network, and the record of its training, which limits where it may be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from radiofind.finders.convosource.architectures import IMAGE, with_precision
from radiofind.finders.convosource.inference import Predictor, predictor_of
from radiofind.finders.convosource.recipes import RECIPES, Recipe
from radiofind.json_files import read_json
from radiofind.networks.calibration import Calibration
from radiofind.networks.lean_keras import keras
from radiofind.networks.records import check_keras
from radiofind.networks.saving import load_network


@dataclass(frozen=True)
class Record:
    """The part of the record of a training that is needed to use the network."""

    recipe: str
    """Name of the recipe."""
    input_scaling: str
    """Name of the input scaling at the time of the training."""
    keras: str
    """Version of Keras that saved the network."""
    pixels_per_beam: float
    turns: int
    train_snr: float
    calibration: Calibration
    flux_scale: float
    """As in `TrainedModel`, like the four fields before."""


@dataclass(frozen=True)
class TrainedModel:
    """A network that is ready to use."""

    predict: Predictor
    """Function from (n, rows, columns, 1) inputs to probabilities."""
    recipe: Recipe
    """The recipe, which scales the inputs."""
    pixels_per_beam: float
    """Width of the beam in pixels of the network."""
    train_snr: float
    """SNR above which truth counted: scores are probabilities of such a source."""
    turns: int
    """Orientations over which probabilities are averaged."""
    calibration: Calibration
    """The curve from probabilities to scores."""
    flux_scale: float
    """Median ratio of measured to true total flux of bright sources in the training set."""


def read_model(network: str | Path, record: str | Path, *, precision: str = "float32") -> TrainedModel:
    """Return a trained network.

    Parameters
    ----------
    network
        The ``.keras`` file.
    record
        The ``.json`` file of its training.
    precision
        ``float32`` or ``bfloat16``.

    Raises
    ------
    ValueError
        If a file is not of the expected kind, or was made by another major version of Keras.
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
    """Return the network of a finder from a ``.keras`` file.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ValueError
        If the file is not a network, or not one whose input and output are images.
    """
    network = load_network(path)
    shapes = [getattr(network, f"{side}_shape", None) for side in ("input", "output")]
    if shapes != [IMAGE, IMAGE]:
        raise ValueError(f"{path}: not a network of a finder: its shapes are {shapes}, not {[IMAGE, IMAGE]}")
    return network


def _recipe_of(known: Record, record: str | Path) -> Recipe:
    """Return the recipe of a model; raise an error if it is unknown or scales its input differently now."""
    recipe = RECIPES.get(known.recipe)
    if recipe is None or known.input_scaling != recipe.scaling:
        supported = ", ".join(f"{one.name} with {one.scaling}" for one in RECIPES.values())
        raise ValueError(
            f"{record}: recipe {known.recipe} with {known.input_scaling} is not supported ({supported}); "
            "train another network"
        )
    return recipe
