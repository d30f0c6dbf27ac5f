"""What a member of a classifier is: cutouts, split, architecture, recipe and settings of its training."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from radiofind.classifiers.architectures.table import Architecture, architecture_of
from radiofind.classifiers.cutouts import Cutouts
from radiofind.classifiers.preparation import Preparation, prepare
from radiofind.classifiers.recipes import ClassifierRecipe, fitted
from radiofind.classifiers.splits import fold_of
from radiofind.networks.backend import choose_precision, has_gpu

logger = logging.getLogger(__name__)

FOLDS_SEED = 1
"""Seed of the division into folds: members of all seeds leave out the same cutouts."""
VALIDATION_FRACTION = 0.15
"""Part of the cutouts that are not tested on which a fold is judged in training."""
FOR_ALL = ("seeds", "folds")
"""Settings that say how many members there are; only one that is a fold depends on the number of folds."""


@dataclass(frozen=True)
class Member:
    """All that a member's training depends on."""

    cutouts: Cutouts
    """The labelled cutouts."""
    split: np.ndarray
    """Which of them it is trained on (``train``), judged on (``valid``) and never sees (``test``)."""
    architecture: Architecture
    """What is trained."""
    recipe: ClassifierRecipe
    """How it is trained."""
    preparation: Preparation
    """What it sees of a cutout."""
    settings: Mapping[str, object]
    """Of the network, without those of other members."""
    seed: int
    """Of this member."""
    fold: int | None
    """Of this member."""
    precision: str
    """``float32`` or ``bfloat16``, in which it is trained."""

    @property
    def epochs(self) -> int:
        """Largest number of epochs."""
        return int(min(self.settings["epochs"], self.recipe.most_epochs))

    @property
    def network_settings(self) -> dict[str, object]:
        """Settings with which the network is built."""
        given = {key: self.settings[key] for key in ("variant", "weights") if key in self.settings}
        return {"channels": len(self.preparation.planes), **self.recipe.network, **given}

    def shown(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs (n, size, size, 1) and labels (n) of a split."""
        chosen = self.split == split
        inputs = prepare(self.cutouts.image[chosen], self.cutouts.rms[chosen], self.preparation)
        return inputs, self.cutouts.label[chosen]

    def build(self, **changes: object) -> keras.Model:
        """Return the network, untrained, always with the same weights."""
        keras.utils.set_random_seed(self.seed)
        settings = self.network_settings | changes
        return self.architecture.build(self.preparation.size_pixels, len(self.cutouts.classes), settings)


def member_of(cutouts: Cutouts, settings: Mapping[str, object], seed: int, fold: int | None) -> Member:
    """Return what a member is trained on, and how.

    Parameters
    ----------
    cutouts, settings, seed, fold
        As for `training.train_member`.

    Raises
    ------
    ValueError
        When the settings ask for what is not there, or no cutouts are left to train or to judge on.
    """
    architecture, recipe = architecture_of(settings)
    split = cutouts.split if fold is None else _fold_of(cutouts, settings, fold)
    numbers = numbers_of(cutouts, split)
    for name in ("train", "valid"):
        if not (split == name).any():
            raise ValueError(f"Expected cutouts of the split {name}, received none: {numbers}")
    logger.info("architecture %s, recipe %s, %s", architecture.name, settings["recipe"], numbers)
    # Small networks gain nothing from bfloat16 on a CPU.
    wanted = settings["precision"]
    precision = choose_precision(wanted) if wanted != "auto" or has_gpu() else "float32"
    others = FOR_ALL if fold is None else FOR_ALL[:1]
    return Member(
        cutouts=cutouts,
        split=split,
        architecture=architecture,
        recipe=recipe,
        preparation=fitted(recipe, min(cutouts.image.shape[1:]), settings["clip_rms"]),
        settings={key: value for key, value in settings.items() if key not in others},
        seed=seed,
        fold=fold,
        precision=precision,
    )


def numbers_of(cutouts: Cutouts, split: np.ndarray) -> dict[str, dict[str, int]]:
    """Return how many cutouts of each class each split has."""
    return {
        name: {
            one: int(((split == name) & (cutouts.label == label)).sum())
            for label, one in enumerate(cutouts.classes)
        }
        for name in ("train", "valid", "test")
    }


def split_digest(member: Member) -> str:
    """Return a digest of which cutout is in which split."""
    rows = np.char.add(np.char.add(member.cutouts.name.astype(str), "\t"), member.split.astype(str))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def training_digest(member: Member, code: str) -> str:
    """Return a name for a training that no other training has."""
    cutouts, weights = member.cutouts, member.settings.get("weights")
    told = [member.settings, member.seed, member.fold, member.precision, cutouts.classes, cutouts.image.shape]
    told += [split_digest(member), keras.__version__, keras.backend.backend(), code]
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for array in (cutouts.image, cutouts.label, cutouts.rms):
        digest.update(np.ascontiguousarray(array).tobytes())
    if weights and Path(weights).is_file():
        digest.update(Path(weights).read_bytes())
    return digest.hexdigest()[:16]


def _fold_of(cutouts: Cutouts, settings: Mapping[str, object], fold: int) -> np.ndarray:
    """Return the split of a fold."""
    return fold_of(
        cutouts.label,
        cutouts.group,
        folds=int(settings["folds"]),
        fold=fold,
        validation_fraction=VALIDATION_FRACTION,
        seed=FOLDS_SEED,
    )
