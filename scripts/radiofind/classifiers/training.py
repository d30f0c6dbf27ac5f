"""Train one member of a classifier: one network with one seed on one split of the cutouts."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from radiofind.classifiers.architectures.table import classifying_part
from radiofind.classifiers.augmentation import CutoutBatches
from radiofind.classifiers.cutouts import Cutouts
from radiofind.classifiers.members import Member, member_of, numbers_of, split_digest, training_digest
from radiofind.networks.backend import POLICIES, compiles_kernels, set_up
from radiofind.networks.lean_keras import keras
from radiofind.networks.training import Batches, best_epoch, train

logger = logging.getLogger(__name__)

VALIDATED_AT_ONCE = 256
"""Validation cutouts evaluated at once; few enough for the memory of a laptop."""


@dataclass(frozen=True)
class LabelledBatches:
    """Batches for a network that takes the true class as a second input."""

    batches: Batches
    """Batches of images."""

    @property
    def batches_per_epoch(self) -> int:
        """Number of batches in an epoch."""
        return self.batches.batches_per_epoch

    def batch(self, epoch: int, index: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        """Return a batch whose inputs are ``image`` and ``label``."""
        images, target, weights = self.batches.batch(epoch, index)
        return {"image": images, "label": target}, target, weights


@dataclass(frozen=True)
class Pace:
    """Speed of a training. It differs from run to run, so it is not stored in results."""

    seconds_per_epoch: float
    """Median over the epochs, with validation, without the first, which compiles; NaN if none was run."""
    images_per_second: float
    """Training cutouts per second."""


def train_member(
    cutouts: Cutouts,
    *,
    settings: Mapping[str, object],
    seed: int,
    fold: int | None,
    state: str | Path,
    code: str,
) -> tuple[keras.Model, dict[str, object], Pace]:
    """Return a trained network, the record of its training, and its speed.

    Parameters
    ----------
    cutouts
        The labelled cutouts.
    settings
        Settings of the network: ``architecture``, ``recipe``, ``epochs``, ``clip_rms``, ``augment``,
        ``threads``, ``precision``, ``weights``, ``variant`` and, with `fold`, ``folds``.
    seed
        Seed of initial weights, dropout, the order of the cutouts and their augmentation.
    fold
        Number of the fold used as the test, from 1; None for the split of the data set.
    state
        Folder with the state of the training until `training.forget_training`; an existing state is used only
        if cutouts, settings and code are the same.
    code
        Digest of the code.

    Returns
    -------
    keras.Model
        In float32, to be saved; `table.classifying_part` returns its classifying part.
    dict
        The JSON record, reproducible for the same arguments: settings, data and history of the training.
    Pace
        Its speed.

    Raises
    ------
    ValueError
        If a setting is unknown, or no cutouts are left for training or validation.
    """
    hardware = set_up(threads=int(settings["threads"]), seed=seed)
    member = member_of(cutouts, settings, seed, fold)
    batches = _batches_of(member)
    network = _compiled(member, batches.batches_per_epoch)
    validation_scores = _validator_of(member, network)
    ends = [time.perf_counter()]

    def validate(_network: keras.Model) -> dict[str, float]:
        found = validation_scores()
        ends.append(time.perf_counter())
        return found

    history = train(
        network,
        batches,
        validate=validate,
        epochs=member.epochs,
        patience_epochs=member.recipe.patience_epochs,
        seed=seed,
        state=Path(state) / training_digest(member, code),
        **_criterion_of(member),
    )
    trained = member.build(weights=None)
    trained.set_weights(network.get_weights())
    pace = _pace_of(ends, int((member.split == "train").sum()))
    return trained, _record_of(member, trained, history, hardware), pace


def _batches_of(member: Member) -> Batches:
    """Return the batches of a training."""
    inputs, label = member.prepared("train")
    batches = CutoutBatches(
        inputs,
        label,
        n_classes=len(member.cutouts.classes),
        augmentation=member.recipe.augmentation if member.settings["augment"] else None,
        batch_size=member.recipe.batch,
        balanced=member.recipe.balanced,
        planes=member.preparation.planes,
        seed=member.seed,
    )
    return LabelledBatches(batches) if member.architecture.sees_label else batches


def _compiled(member: Member, steps: int) -> keras.Model:
    """Return a new network, compiled for training with this many steps per epoch."""
    with _computing_in(member.precision):
        network = member.build()
    loss = member.architecture.loss(member.recipe, member.network_settings)
    network.compile(member.recipe.optimiser(steps, member.epochs), loss, jit_compile=compiles_kernels())
    logger.info("%d parameters, %s", network.count_params(), member.precision)
    return network


@contextmanager
def _computing_in(precision: str) -> Iterator[None]:
    """Set the precision of networks built in this context."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(POLICIES[precision])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _validator_of(member: Member, network: keras.Model) -> Callable[[], dict[str, float]]:
    """Return a function that evaluates the current state of a network on the validation cutouts."""
    inputs, label = member.prepared("valid")
    target = np.eye(len(member.cutouts.classes))[label]
    validated = network.get_layer(member.architecture.validated_layer).output
    part = keras.Model(network.get_layer("image").output, validated)
    part.compile(jit_compile=compiles_kernels())

    def validate() -> dict[str, float]:
        starts = range(0, len(inputs), VALIDATED_AT_ONCE)
        parts = [part.predict_on_batch(inputs[start : start + VALIDATED_AT_ONCE]) for start in starts]
        found = np.concatenate([np.asarray(one, dtype=float) for one in parts])
        return {
            "validation_loss": float(member.architecture.error(target, found).mean()),
            "validation_error": float((found.argmax(axis=1) != label).mean()),
        }

    return validate


def _criterion_of(member: Member) -> dict[str, object]:
    """Return the criterion by which the best epoch is chosen, for the record."""
    return {"best_by": member.recipe.best_by, "over_epochs": member.recipe.mean_over_epochs}


def _pace_of(ends: list[float], images: int) -> Pace:
    """Return the speed of a training from the times of its start and of the ends of its epochs."""
    laps = np.diff(ends)
    seconds = float(np.median(laps[1:] if len(laps) > 1 else laps)) if len(laps) else np.nan
    pace = Pace(seconds, images / seconds)
    logger.info("%.3g s per epoch, %.4g cutouts per second", pace.seconds_per_epoch, pace.images_per_second)
    return pace


def _record_of(
    member: Member, trained: keras.Model, history: list[dict[str, float]], hardware: str
) -> dict[str, object]:
    """Return the training record of a network."""
    settings, pixel_arcsec = member.settings, float(member.cutouts.pixel_arcsec)
    return {
        "architecture": member.architecture.name,
        "recipe": settings["recipe"],
        "variant": settings.get("variant", "default"),
        "settings": dict(settings),
        "seed": member.seed,
        "fold": member.fold,
        "classes": list(member.cutouts.classes),
        "pixel_arcsec": pixel_arcsec if np.isfinite(pixel_arcsec) else None,
        "preparation": asdict(member.preparation),
        "augmentation": asdict(member.recipe.augmentation) if settings["augment"] else None,
        "turns": member.recipe.turns if settings["augment"] else 1,
        "history": history,
        "epoch": 1 + best_epoch(history, **_criterion_of(member)),
        "parameters": classifying_part(trained).count_params(),
        "numbers": numbers_of(member.cutouts, member.split),
        "split_digest": split_digest(member),
        "device": hardware,
        "precision": member.precision,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }
