"""Decide which mosaics are searched with fake sources, and negated, and by which finders."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from radiofind.workflow.plan.mosaics import Names, Plan
from radiofind.workflow.plan.survey import SurveyPlan

OF_THE_SOURCES = (
    *("seed", "beams_per_source", "flux_snr", "slope"),
    *("extended_fraction", "double_fraction", "size_distribution"),
)
"""Settings on which the fake sources depend."""


class InjectionPlan:
    """The further searches that the configuration asks for.

    Parameters
    ----------
    plan
        The mosaics and finders.
    survey
        Whether the mosaics are a survey.
    """

    def __init__(self, plan: Plan, survey: SurveyPlan) -> None:
        self._plan, self._survey = plan, survey
        self._settings = plan.config.get("injections") or {}

    @property
    def realisations(self) -> list[str]:
        """The numbers of the realisations, as in paths."""
        return [str(number + 1) for number in range(self._settings.get("realisations", 0))]

    def injected_by(self, *kinds: str) -> list[str]:
        """Return the finders, of these kinds or of all, that search with fake sources."""
        return self._finders(kinds) if self.realisations else []

    def negated_by(self, *kinds: str) -> list[str]:
        """Return the finders, of these kinds or of all, that search negated mosaics."""
        return self._finders(kinds) if self._settings.get("negated") else []

    def sources(self, _wildcards: Mapping[str, str]) -> dict[str, object]:
        """Return the fields of `injections.Injections` without the number of the realisation."""
        return {key: self._settings[key] for key in OF_THE_SOURCES}

    def distribution(self, _wildcards: Mapping[str, str]) -> dict[str, object]:
        """Return how the fluxes of fake sources are distributed."""
        return {key: self._settings[key] for key in ("slope", "flux_snr")}

    def injected_image(self, wildcards: Mapping[str, str]) -> dict[str, object]:
        """Return the fields of `images.ImageSource` with fake sources, without the path."""
        injected = {**self.sources(wildcards), "realisation": int(wildcards["realisation"])}
        return {**self._plan.image_source(wildcards), "injected": injected}

    def negated_image(self, wildcards: Mapping[str, str]) -> dict[str, object]:
        """Return the fields of `images.ImageSource` of the negated image, without the path."""
        return {**self._plan.image_source(wildcards), "negated": True}

    def searches(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the blocks of a mosaic, once for each realisation."""
        blocks = self._plan.blocks(tiles, wildcards)
        return [{"realisation": number, **names} for number in self.realisations for names in blocks]

    def with_injections(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaics of the sheet with the finders that search them with fake sources."""
        return self._of_mosaics(tiles, self.injected_by())

    def with_negated(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaics of the sheet with the finders that search them negated."""
        return self._of_mosaics(tiles, self.negated_by())

    def pooled(self, _tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[Names]:
        """Return the finders whose completeness is that of a survey, and whose sources are counted."""
        return [{"finder": finder} for finder in self.injected_by() if finder in self._survey.finders]

    def corrected(self, _tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return one empty set of names if the fluxes of a finder in a survey are corrected, else none."""
        return [{}] if wildcards["finder"] in self.injected_by() else []

    def pooled_negated(self, _tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[Names]:
        """Return the finders whose reliability is that of a survey."""
        return [{"finder": finder} for finder in self.negated_by() if finder in self._survey.finders]

    def if_negated(self, _tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return one empty set of names if the finder searches negated mosaics, else none."""
        return [{}] if wildcards["finder"] in self.negated_by() else []

    def _finders(self, kinds: tuple[str, ...]) -> list[str]:
        """Return the finders that search again, of these kinds or of all."""
        chosen = self._plan.finders_of(*kinds) if kinds else list(self._plan.finders)
        return [finder for finder in chosen if finder in self._settings.get("finders", ())]

    def _of_mosaics(self, tiles: pd.DataFrame, finders: list[str]) -> list[Names]:
        """Return the mosaics of the sheet with these finders."""
        return [
            {"mosaic": mosaic, "finder": finder}
            for mosaic in self._plan.observed_mosaics(tiles)
            for finder in finders
        ]
