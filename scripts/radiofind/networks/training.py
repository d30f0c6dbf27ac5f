"""Train a network batch by batch, in a way that can be interrupted and gives the same network again."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

import keras
import numpy as np

from radiofind.errors import reason
from radiofind.files import whole_or_absent, write_json
from radiofind.given_files import raise_if_not_of_the_file

logger = logging.getLogger(__name__)

HISTORY = "history.json"
BEST = "best.weights.h5"
"""Weights of the best epoch so far."""

Inputs = np.ndarray | dict[str, np.ndarray]
"""Of a network: an array, or arrays by the names of its inputs."""


class Batches(Protocol):
    """What a network is trained on."""

    @property
    def batches_per_epoch(self) -> int:
        """Batches in an epoch."""

    def batch(self, epoch: int, index: int) -> tuple[Inputs, np.ndarray, np.ndarray]:
        """Return inputs, targets and weights of a batch, the same for the same two numbers."""


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
        What it is trained on.
    validate
        Returns ``validation_loss`` and whatever else is to be recorded of an epoch.
    epochs
        Largest number of epochs.
    patience_epochs
        Training ends when no epoch has been better for so many epochs; 0 for never.
    seed
        Seed of dropout.
    state
        Folder in which the training is kept after each epoch, until the caller removes it, who names it after
        all that the training depends on. One that cannot be read is not used.
    best_by
        What is lowest in the best epoch: a result of `validate`.
    over_epochs
        Of so many epochs, each with those before it, the mean is compared (see `best_epoch`).

    Returns
    -------
    list of dict
        ``epoch`` (from 1), ``loss`` and the results of `validate`, one for each epoch.

    Raises
    ------
    ValueError
        When a loss is no number any more.
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
            raise ValueError(f"Expected a training that converges, received the losses {_in_words(row)}")
        history.append(row)
        _save(network, history, state, best)
        logger.info("epoch %d of %d: %s", epoch + 1, epochs, _in_words(row))
    network.load_weights(state / BEST)
    return history


def best_epoch(history: list[dict[str, float]], *, best_by: str, over_epochs: int) -> int:
    """Return the place of the best epoch, the first one where several are.

    Parameters
    ----------
    history
        As `train` returns it.
    best_by
        What is lowest in the best epoch.
    over_epochs
        The mean over so many epochs is compared, each with those just before it; the last epoch is the best
        as long as there are no more. Few validation cutouts judge an epoch at a high rate of learning now too
        well, now too badly: the best of them all is a lucky one.
    """
    values = np.array([row[best_by] for row in history])
    first = min(over_epochs, len(values))
    means = [values[end - first : end].mean() for end in range(first, len(values) + 1)]
    return first - 1 + int(np.argmin(means))


def forget_training(state: str | Path) -> None:
    """Remove what was kept of trainings, also of those with other settings, once the network is written."""
    # Another process may do the same: that of a job that outlived its run.
    shutil.rmtree(state, ignore_errors=True)


def _resume(network: keras.Model, state: Path) -> list[dict[str, float]]:
    """Put network and optimiser back to the last epoch that was completed, and return its history."""
    if not (state / HISTORY).is_file():
        return []
    try:
        history, weights, moments = _read(state)
    except Exception as error:  # Keras and h5py raise errors of many kinds
        raise_if_not_of_the_file(error, state)
        logger.warning("begun anew, as %s cannot be read: %s", state, reason(error))
        shutil.rmtree(state)
        return []
    network.set_weights(weights)
    network.optimizer.build(network.trainable_variables)
    for variable, value in zip(network.optimizer.variables, moments, strict=True):
        variable.assign(value)
    logger.info("resumed after epoch %d", len(history))
    return history


def _read(state: Path) -> tuple[list[dict[str, float]], list[np.ndarray], list[np.ndarray]]:
    """Return history, weights and variables of the optimiser after the last epoch that was completed."""
    history = json.loads((state / HISTORY).read_text())
    saved = keras.saving.load_model(state / f"epoch{len(history)}.keras", safe_mode=True)
    weights, moments = saved.get_weights(), [variable.numpy() for variable in saved.optimizer.variables]
    saved.load_weights(state / BEST)  # raises now what would be raised at the end
    return history, weights, moments


def _save(
    network: keras.Model, history: list[dict[str, float]], state: Path, best: Callable[[list], int]
) -> None:
    """Keep the state after an epoch; the history is written last, so that it never names a missing file."""
    state.mkdir(parents=True, exist_ok=True)
    with whole_or_absent(state / f"epoch{len(history)}.keras") as temporary:
        network.save(temporary)
    if best(history) == len(history) - 1:
        with whole_or_absent(state / BEST) as temporary:
            network.save_weights(temporary)
    write_json(history, state / HISTORY)
    (state / f"epoch{len(history) - 1}.keras").unlink(missing_ok=True)


def _has_stalled(history: list[dict[str, float]], patience_epochs: int, best: Callable[[list], int]) -> bool:
    """Return whether no epoch has been better for as long as we are patient."""
    if not (patience_epochs and history):
        return False
    return len(history) - 1 - best(history) >= patience_epochs


def _seed_dropout(network: keras.Model, seed: int, epoch: int) -> None:
    """Make what dropout leaves out depend on layer and epoch alone, also after an interruption."""
    for number, layer in enumerate(network.layers):
        if hasattr(layer, "seed_generator"):
            # Keras counts the second number up by one a batch: states side by side would soon be the same.
            state = np.random.SeedSequence([seed, epoch, number]).generate_state(2)
            layer.seed_generator.state.assign(state)


def _in_words(row: dict[str, float]) -> str:
    """Return a row of the history as text."""
    return ", ".join(
        f"{name.replace('_', ' ')} {value:.4g}" for name, value in row.items() if name != "epoch"
    )
