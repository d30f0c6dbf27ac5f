"""Tell which scores come from a frozen model, and on which sky they were calibrated."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from radiofind.finders.convosource.limits import GENERAL

MOST_MOSAICS = 5
"""Mosaics of a training set that are named."""


@dataclass(frozen=True)
class FrozenModel:
    """A model that another run has trained."""

    finder: str
    """The finder that uses it."""
    path: str
    """Its file, as in the configuration."""
    training_set: str = ""
    """The training set; empty if the record does not tell, as with older versions."""
    mosaics: tuple[str, ...] = ()
    """The mosaics on which it was trained; likewise."""
    train_snr: float | None = None
    """SNR above which truth counted."""
    general: bool = False
    """Whether it is the general network, whose scores are calibrated on a simulation of the mosaics."""

    @property
    def origin(self) -> str:
        """Return in words on what it was trained, as far as its record tells."""
        named = ", ".join(self.mosaics[:MOST_MOSAICS])
        more = len(self.mosaics) - MOST_MOSAICS
        noun = "mosaic" if len(self.mosaics) == 1 else "mosaics"
        parts = (
            f"training set {self.training_set}" if self.training_set else "",
            f"{noun} {named}{f' and {more} more' if more > 0 else ''}" if named else "",
            f"truth above SNR {self.train_snr:g}" if self.train_snr is not None else "",
        )
        return ", ".join(filter(None, parts)) or "its record does not tell on what"


def read_frozen_models(records: Iterable[str | Path], *, configuration: Mapping) -> tuple[FrozenModel, ...]:
    """Return the frozen models of the finders that run.

    Parameters
    ----------
    records
        The record of each of them, in the order of ``find_with``.
    configuration
        The checked configuration.
    """
    models = {name: configuration["finders"][name].get("model") for name in configuration["find_with"]}
    frozen = {name: model for name, model in models.items() if model}
    return tuple(
        _frozen_model(finder, model, json.loads(Path(record).read_text()))
        for (finder, model), record in zip(frozen.items(), records, strict=True)
    )


def _frozen_model(finder: str, model: str, record: Mapping) -> FrozenModel:
    """Return a frozen model; the record of a network names mosaics under ``data``."""
    mosaics = record.get("mosaics") or (record.get("data") or {}).get("mosaics") or ()
    names = tuple(map(str, mosaics))
    return FrozenModel(
        finder,
        model,
        str(record.get("training_set") or ""),
        names,
        record.get("train_snr"),
        model == GENERAL,
    )
