"""Decide what jobs must know of frozen models: which images suit them, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from radiofind.finders.convosource.limits import REACH_PIXELS
from radiofind.workflow.config.frozen_models import read_record, record_of
from radiofind.workflow.plan.mosaics import Plan


class FrozenPlan:
    """The frozen models of a run.

    Parameters
    ----------
    plan
        The mosaics and finders.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.finders = {
            name: settings["model"] for name, settings in plan.finders.items() if settings.get("model")
        }

    def networks(self, _wildcards: Mapping[str, str]) -> dict[str, dict[str, object]]:
        """Return the arguments of `network_limits.check_networks` for each frozen network."""
        frozen = [name for name in self._plan.finders_of("convosource") if name in self.finders]
        records = {name: read_record(record_of(self.finders[name]), "convosource") for name in frozen}
        return {
            name: {
                "recipe": record["recipe"],
                "pixels_per_beam": record["pixels_per_beam"],
                "reach_pixels": REACH_PIXELS[record["recipe"]],
            }
            for name, record in records.items()
        }

    def records(self, _tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[str]:
        """Return the record of each frozen model."""
        return [self._plan.model_files(name)[-1] for name in self.finders]
