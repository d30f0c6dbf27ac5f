"""Decide which mosaics belong to the survey, and which catalogues it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from radiofind.workflow.plan.mosaics import Names, Plan
from radiofind.workflow.plan.source_classes import SourceClassPlan
from radiofind.workflow.stamps import stamps_of

OF_ITS_PART = ("centre", "region", "weight")
"""Columns of the sheet that say which part of a survey a mosaic has."""
OWN_FILES = ("region_file", "weight")
"""Files of the sheet that only a survey reads."""


class SurveyPlan:
    """The survey made of the mosaics of the sheet, if the configuration asks for one.

    Parameters
    ----------
    plan
        The mosaics and finders.
    source_classes
        Which catalogues are classified.
    """

    def __init__(self, plan: Plan, source_classes: SourceClassPlan) -> None:
        self._plan, self._source_classes = plan, source_classes
        self._settings = plan.config.get("survey") or {}

    @property
    def finders(self) -> list[str]:
        """The finders whose catalogues are made a survey: all, or none."""
        return list(self._plan.finders) if self._settings else []

    @property
    def finders_with_components(self) -> list[str]:
        """Those of `finders` that fit Gaussians."""
        return [finder for finder in self.finders if self._plan.fit_components(finder)]

    @property
    def prefix(self) -> str:
        """The acronym in the names of sources; empty without a survey."""
        return self._settings.get("prefix", "")

    def asks_for(self, product: str) -> bool:
        """Return whether a product (`fits`, `votable`, `regions`, `moc`, `hats`) is made."""
        return product in self._settings.get("products", ())

    def mosaics(self, tiles: pd.DataFrame) -> list[str]:
        """Return the mosaics of the survey: the readable ones of the sheet; none without a survey."""
        return self._plan.observed_mosaics(tiles) if self._settings else []

    def of_sheet(self, _wildcards: Mapping[str, str]) -> list[str]:
        """Return the mosaics that would belong to the survey if all can be read."""
        return [name for name, row in self._plan.mosaics.items() if self._settings and not row.like]

    def with_finders(self, _tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[Names]:
        """Return the finders whose catalogues are made a survey."""
        return [{"finder": finder} for finder in self.finders]

    def with_components(self, _tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[Names]:
        """Return the finders whose Gaussians follow the sources of a survey."""
        return [{"finder": finder} for finder in self.finders_with_components]

    def members(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaics of the survey, each with the folder of its catalogues."""
        return [
            {"mosaic": mosaic, **self._source_classes.exported(tiles, {"mosaic": mosaic})}
            for mosaic in self.mosaics(tiles)
        ]

    def sheet_rows(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> dict[str, dict[str, object]]:
        """Return what the sheet says of the part of each mosaic in the survey; None where it says nothing."""
        return {mosaic: self._plan.sheet_values(mosaic, *OF_ITS_PART) for mosaic in self.mosaics(tiles)}

    def primary_beams(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> dict[str, str | None]:
        """Return the primary beam of each mosaic; None if it has none."""
        return {mosaic: self._plan.sheet_value(mosaic, "primary_beam") for mosaic in self.mosaics(tiles)}

    def files(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str], column: str) -> list[str]:
        """Return the files in a column of the sheet for the mosaics of the survey."""
        return self._files(self.mosaics(tiles), column)

    def stamps(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> dict[str, list[int]]:
        """Return the stamps of the files that only the survey reads: a replacement may have an older time."""
        return stamps_of(self._files(self.mosaics(tiles), *OWN_FILES))

    @property
    def given_files(self) -> list[str]:
        """The same files of all mosaics of the sheet."""
        return self._files(self.of_sheet({}), *OWN_FILES)

    def _files(self, mosaics: Iterable[str], *columns: str) -> list[str]:
        """Return the files in some columns of the sheet, which simulated mosaics may have, too."""
        cells = [self._plan.sheet_value(mosaic, column) for mosaic in mosaics for column in columns]
        return [path for path in cells if path]
