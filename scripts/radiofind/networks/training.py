"""Train a network batch by batch, reproducibly, also after an interruption."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from radiofind.errors import reason
from radiofind.files import whole_or_absent, write_json
from radiofind.given_files import raise_if_not_of_the_file
from radiofind.networks.lean_keras import keras

logger = logging.getLogger(__name__)

HISTORY = "history.json"
BEST = "best.weights.h5"
"""Weights of the best epoch so far."""

Inputs = np.ndarray | dict[str, np.ndarray]
"""Inputs of a network: an array, or arrays by the names of the inputs."""


class Batches(Protocol):
    """The batches of a training."""

    @property
    def batches_per_epoch(self) -> int:
        """Batches in an epoch."""

    def batch(self, epoch: int, index: int) -> tuple[Inputs, np.ndarray, np.ndarray]:
        """Return inputs, targets and weights of a batch, which depend only on the two numbers."""


def train(
    network: keras.Model,
    batches: Batches,
    *,
    validate: Callable[[keras.Model], dict[str, float]],
    epochs: int,
    patience_epochs: int,
    seed: int,
    state: Path,
    best_by: str = "validation_loss",
    over_epochs: int = 1,
) -> list[dict[str, float]]:
    """Train a network and leave in it the weights of its best epoch.

    Parameters
    ----------
    network
        A compiled network.
    batches
        The batches of the training.
    validate
        Returns ``validation_loss`` and any other results to record after an epoch.
    epochs
        Largest number of epochs.
    patience_epochs
        Epochs without a better one after which training ends; 0 for never.
    seed
        Seed of dropout.
    state
        Folder for the state of the training after each epoch, from which it resumes. The caller names it
        after everything on which the training depends, and removes it. A state that cannot be read is
        discarded.
    best_by
        The result of `validate` that is lowest in the best epoch.
    over_epochs
        Number of epochs over which that result is averaged (see `best_epoch`).

    Returns
    -------
    list of dict
        ``epoch`` (from 1), ``loss`` and the results of `validate`, for each epoch.

    Raises
    ------
    ValueError
        If a loss is not finite.
    """
    history = _resume(network, state)
    best = partial(best_epoch, best_by=best_by, over_epochs=over_epochs)
    while len(history) < epochs and not _has_stalled(history, patience_epochs, best):
        epoch = len(history)
        _seed_dropout(network, seed, epoch)
        losses = [
            float(network.train_on_batch(inputs, target, sample_weight=weights))
            for inputs, target, weights in (
                batches.batch(epoch, index) for index in range(batches.batches_per_epoch)
            )
        ]
        row = {"epoch": epoch + 1, "loss": float(np.mean(losses)), **validate(network)}
        if not np.isfinite(row["loss"] + row["validation_loss"] + row[best_by]):
            raise ValueError(
                f"the training diverged in epoch {epoch + 1}: {_in_words(row)}; try another seed, and check "
                "the training data for artefacts and other units"
            )
        history.append(row)
        _save(network, history, state, best)
        logger.info("epoch %d of %d: %s", epoch + 1, epochs, _in_words(row))
    network.load_weights(state / BEST)
    return history


def best_epoch(history: list[dict[str, float]], *, best_by: str, over_epochs: int) -> int:
    """Return the index of the best epoch; of equally good ones the first.

    Parameters
    ----------
    history
        As `train` returns it.
    best_by
        The result that is lowest in the best epoch.
    over_epochs
        Number of epochs, each with those just before it, over which the result is averaged; with fewer epochs
        the last one is the best. With few validation cutouts and a high learning rate, single results
        fluctuate, and the best of them would be a lucky one.
    """
    values = np.array([row[best_by] for row in history])
    first = min(over_epochs, len(values))
    means = [values[end - first : end].mean() for end in range(first, len(values) + 1)]
    return first - 1 + int(np.argmin(means))


def forget_training(state: str | Path) -> None:
    """Remove the states of all trainings of a network, with any settings, once the network is written."""
    # A job that outlived its run may remove them at the same time.
    shutil.rmtree(state, ignore_errors=True)


def _resume(network: keras.Model, state: Path) -> list[dict[str, float]]:
    """Restore network and optimiser after the last complete epoch, and return the history."""
    if not (state / HISTORY).is_file():
        return []
    try:
        history, weights, moments = _read(state)
    except Exception as error:  # Keras and h5py raise many kinds of errors
        raise_if_not_of_the_file(error, state)
        logger.warning("%s cannot be read (%s); training starts from the beginning", state, reason(error))
        shutil.rmtree(state)
        return []
    network.set_weights(weights)
    network.optimizer.build(network.trainable_variables)
    for variable, value in zip(network.optimizer.variables, moments, strict=True):
        variable.assign(value)
    logger.info("resumed after epoch %d", len(history))
    return history


def _read(state: Path) -> tuple[list[dict[str, float]], list[np.ndarray], list[np.ndarray]]:
    """Return history, weights and variables of the optimiser after the last complete epoch."""
    history = json.loads((state / HISTORY).read_text())
    saved = keras.saving.load_model(state / f"epoch{len(history)}.keras", safe_mode=True)
    weights, moments = saved.get_weights(), [variable.numpy() for variable in saved.optimizer.variables]
    saved.load_weights(state / BEST)  # an unreadable file should fail now, not at the end
    return history, weights, moments


def _save(
    network: keras.Model, history: list[dict[str, float]], state: Path, best: Callable[[list], int]
) -> None:
    """Write the state after an epoch, the history last, so that it never refers to a missing file."""
    state.mkdir(parents=True, exist_ok=True)
    with whole_or_absent(state / f"epoch{len(history)}.keras") as temporary:
        network.save(temporary)
    if best(history) == len(history) - 1:
        with whole_or_absent(state / BEST) as temporary:
            network.save_weights(temporary)
    write_json(history, state / HISTORY)
    (state / f"epoch{len(history) - 1}.keras").unlink(missing_ok=True)


def _has_stalled(history: list[dict[str, float]], patience_epochs: int, best: Callable[[list], int]) -> bool:
    """Return whether the best epoch is at least `patience_epochs` ago."""
    if not (patience_epochs and history):
        return False
    return len(history) - 1 - best(history) >= patience_epochs


def _seed_dropout(network: keras.Model, seed: int, epoch: int) -> None:
    """Set the seeds of dropout by layer and epoch, so that they do not depend on interruptions."""
    for number, layer in enumerate(network.layers):
        if hasattr(layer, "seed_generator"):
            # Keras increments the second number with each batch: consecutive seeds would soon coincide.
            state = np.random.SeedSequence([seed, epoch, number]).generate_state(2)
            layer.seed_generator.state.assign(state)


def _in_words(row: dict[str, float]) -> str:
    """Return a row of the history as text."""
    return ", ".join(
        f"{name.replace('_', ' ')} {value:.4g}" for name, value in row.items() if name != "epoch"
    )
