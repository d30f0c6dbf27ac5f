"""Prepare the patches of a training set for a network: reassembled boxes, binned and scaled, with targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from radiofind.finders.convosource.batches import (
    CropBatches,
    Example,
    PatchBatches,
    example_of,
    patch_batches,
)
from radiofind.finders.convosource.binning import bin_factor, width_in_pixels
from radiofind.finders.convosource.inference import Predictor, probability_map
from radiofind.finders.convosource.limits import TOLERANCE
from radiofind.finders.convosource.patches import PatchSet, Region, read_origin, read_patches, regions_of
from radiofind.finders.convosource.recipes import Recipe
from radiofind.finders.convosource.search import peaks_of
from radiofind.finders.convosource.training_data import SPLITS

LARGEST_RATIO = {"general": TOLERANCE["general"] ** 2}
"""Largest ratio between the widths of two beams in a training set, where it is not that of a search."""


@dataclass(frozen=True)
class TrainingSky:
    """The training and validation data of a network."""

    recipe: Recipe
    """The recipe, which scales the inputs."""
    batches: CropBatches | PatchBatches
    """The batches for the training."""
    validation: Sequence[Example]
    """The validation boxes."""
    validation_regions: Sequence[Region]
    """The validation boxes in mosaic pixels."""
    train_regions: Sequence[Region]
    """The train boxes in mosaic pixels."""
    pixels_per_beam: float
    """Width of the beam in pixels of the network, in the middle of those of mosaics with validation boxes."""
    train_snr: float
    """SNR above which the network should find a source."""
    origin: Mapping[str, object]
    """As `patches.read_origin` returns it, with the numbers of patches and of truth sources."""

    @property
    def origins(self) -> list[Mapping[str, object]]:
        """The origin of each mosaic, by its number."""
        return [self.origin["origin"][mosaic] for mosaic in self.origin["mosaics"]]


def read_training_sky(patches: str | Path, *, recipe: Recipe, settings: Mapping[str, object]) -> TrainingSky:
    """Return the training and validation data of a network.

    Parameters
    ----------
    patches
        The file of patches.
    recipe
        The recipe of the network.
    settings
        ``train_snr``, ``augment``, ``epochs``, ``batches_per_epoch`` and ``seed`` of the finder.

    Raises
    ------
    ValueError
        If the widths of the beams in pixels of two mosaics differ too much.
    """
    origin = read_origin(patches)
    sets = {split: read_patches(patches, split) for split in SPLITS}
    regions = {split: regions_of(one) for split, one in sets.items()}
    widths = [_beam_pixels(origin["origin"][mosaic]) for mosaic in origin["mosaics"]]
    factors = [bin_factor(width, recipe.beam_pixels) for width in widths]
    shown = [width / factor for width, factor in zip(widths, factors, strict=True)]
    ratio = LARGEST_RATIO.get(recipe.name, TOLERANCE[recipe.name])
    _check_widths(dict(zip(origin["mosaics"], shown, strict=True)), ratio)
    train_snr = settings["train_snr"]
    examples = _examples(regions, recipe=recipe, factors=factors, train_snr=train_snr)
    return TrainingSky(
        recipe=recipe,
        batches=_batches(sets["train"], examples["train"], recipe=recipe, settings=settings),
        validation=examples["validation"],
        validation_regions=regions["validation"],
        train_regions=regions["train"],
        pixels_per_beam=_middle_of([shown[region.mosaic] for region in regions["validation"]]),
        train_snr=train_snr,
        origin={**origin, "numbers": {split: _numbers(one, train_snr) for split, one in sets.items()}},
    )


def search_validation(
    sky: TrainingSky, predict: Predictor, *, turns: int
) -> tuple[list[np.ndarray], list[tuple[pd.DataFrame, pd.DataFrame]]]:
    """Return the probability maps and detections of a network in the validation boxes.

    Parameters
    ----------
    sky
        The data of the training.
    predict
        Applies the network.
    turns
        Orientations over which probabilities are averaged.

    Returns
    -------
    list of 2D float32 ndarray
        Probability map of each box.
    list of (pandas.DataFrame, pandas.DataFrame)
        Truth (x, y, snr) and detections (x, y, uncalibrated score) of each box in mosaic pixels, as
        `cuts.tune_cut` takes them.
    """
    maps, tables = [], []
    for example, region in zip(sky.validation, sky.validation_regions, strict=True):
        reach = sky.recipe.reach_pixels
        maps.append(probability_map(predict, example.inputs, reach_pixels=reach, turns=turns))
        found = peaks_of(maps[-1])
        x, y = example.grid.to_mosaic(found["x"], found["y"])
        detections = pd.DataFrame({"x": x, "y": y, "score": found["probability"], "peak_snr": np.nan})
        tables.append((region.truth.assign(region="validation"), detections.assign(region="validation")))
    return maps, tables


def _examples(
    regions: Mapping[str, Sequence[Region]], *, recipe: Recipe, factors: Sequence[int], train_snr: float
) -> dict[str, list[Example]]:
    """Return the boxes of each split, binned and scaled for the network."""
    watched = {region.mosaic for region in regions["validation"]}
    final = watched & {region.mosaic for region in regions["train"]} or set(range(len(factors)))
    return {
        split: [
            example_of(
                region,
                recipe=recipe,
                factor=factors[region.mosaic],
                train_snr=train_snr,
                final=region.mosaic in final,
            )
            for region in found
        ]
        for split, found in regions.items()
    }


def _batches(
    patches: PatchSet, examples: Sequence[Example], *, recipe: Recipe, settings: Mapping[str, object]
) -> CropBatches | PatchBatches:
    """Return the batches of the training."""
    if not recipe.crop_pixels:
        return patch_batches(patches, recipe=recipe, augment=settings["augment"], seed=settings["seed"])
    keys = ("augment", "epochs", "batches_per_epoch", "seed")
    return CropBatches(examples, recipe, **{key: settings[key] for key in keys})


def _numbers(patches: PatchSet, train_snr: float) -> dict[str, int]:
    """Return the number of patches, and of truth sources above the SNR."""
    return {"patches": len(patches.x0), "truth": int((patches.truth["snr"] > train_snr).sum())}


def _beam_pixels(origin: Mapping[str, object]) -> float:
    """Return the width of the beam of a mosaic in pixels."""
    major, minor, _angle = origin["beam"]
    return width_in_pixels(major, minor, origin["pixel_arcsec"])


def _middle_of(widths: Sequence[float]) -> float:
    """Return the width whose ratios to the narrowest and to the widest beam are the same."""
    return float(np.sqrt(min(widths) * max(widths)))


def _check_widths(shown: Mapping[str, float], largest_ratio: float) -> None:
    """Raise an error if the mosaics of a training set differ too much in pixels per beam."""
    narrow, wide = min(shown, key=shown.get), max(shown, key=shown.get)
    if shown[wide] / shown[narrow] > largest_ratio:
        raise ValueError(
            f"the beams in a training set differ too much in pixels: {wide} has {shown[wide]:.2f}, {narrow} "
            f"has {shown[narrow]:.2f}; use different training sets"
        )
