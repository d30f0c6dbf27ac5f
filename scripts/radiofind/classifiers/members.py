"""Define a member of a classifier: the cutouts, split, architecture, recipe and settings of its training."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from radiofind.classifiers.architectures.table import Architecture, architecture_of
from radiofind.classifiers.cutouts import Cutouts
from radiofind.classifiers.preparation import Preparation, prepare
from radiofind.classifiers.recipes import ClassifierRecipe, fitted
from radiofind.classifiers.splits import fold_of
from radiofind.networks.backend import choose_precision, has_gpu
from radiofind.networks.lean_keras import keras

logger = logging.getLogger(__name__)

FOLDS_SEED = 1
"""Seed of the division into folds, the same for all members, so that they leave out the same cutouts."""
VALIDATION_FRACTION = 0.15
"""Fraction for validation of the cutouts outside a fold's test."""
FOR_ALL = ("seeds", "folds")
"""Settings of the number of members; `folds` affects only members of a fold."""


@dataclass(frozen=True)
class Member:
    """Everything on which the training of a member depends."""

    cutouts: Cutouts
    """The labelled cutouts."""
    split: np.ndarray
    """Split of the cutouts: ``train``, ``valid`` (choice of the epoch) and ``test`` (never used here)."""
    architecture: Architecture
    """The architecture."""
    recipe: ClassifierRecipe
    """How it is trained."""
    preparation: Preparation
    """Preparation of its input."""
    settings: Mapping[str, object]
    """Settings of the network, without those on other members."""
    seed: int
    """Of this member."""
    fold: int | None
    """Of this member."""
    precision: str
    """``float32`` or ``bfloat16``, for the training."""

    @property
    def epochs(self) -> int:
        """Largest number of epochs."""
        return int(min(self.settings["epochs"], self.recipe.most_epochs))

    @property
    def network_settings(self) -> dict[str, object]:
        """Settings with which the network is built."""
        given = {key: self.settings[key] for key in ("variant", "weights") if key in self.settings}
        return {"channels": len(self.preparation.planes), **self.recipe.network, **given}

    def prepared(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs (n, size, size, 1) and labels (n) of a split."""
        chosen = self.split == split
        inputs = prepare(self.cutouts.image[chosen], self.cutouts.rms[chosen], self.preparation)
        return inputs, self.cutouts.label[chosen]

    def build(self, **changes: object) -> keras.Model:
        """Return the untrained network, with reproducible initial weights."""
        keras.utils.set_random_seed(self.seed)
        settings = self.network_settings | changes
        return self.architecture.build(self.preparation.size_pixels, len(self.cutouts.classes), settings)


def member_of(cutouts: Cutouts, settings: Mapping[str, object], seed: int, fold: int | None) -> Member:
    """Return the member of a classifier with this seed and fold.

    Parameters
    ----------
    cutouts, settings, seed, fold
        As for `training.train_member`.

    Raises
    ------
    ValueError
        If a setting is unknown, or no cutouts are left for training or validation.
    """
    architecture, recipe = architecture_of(settings)
    split = cutouts.split if fold is None else _fold_of(cutouts, settings, fold)
    numbers = numbers_of(cutouts, split)
    for name in ("train", "valid"):
        if not (split == name).any():
            raise ValueError(f"the data set has no cutouts in the split {name}: {numbers}")
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
    """Return the number of cutouts per class and split."""
    return {
        name: {
            one: int(((split == name) & (cutouts.label == label)).sum())
            for label, one in enumerate(cutouts.classes)
        }
        for name in ("train", "valid", "test")
    }


def split_digest(member: Member) -> str:
    """Return a digest of the split of all cutouts."""
    rows = np.char.add(np.char.add(member.cutouts.name.astype(str), "\t"), member.split.astype(str))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def training_digest(member: Member, code: str) -> str:
    """Return a digest that identifies a training."""
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
