"""Decide in which formats the survey is written, and whether its coverage is mapped."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from radiofind.workflow.plan.mosaics import Names
from radiofind.workflow.plan.survey import SurveyPlan

SUFFIXES = {"fits": "fits", "votable": "vot", "regions": "reg"}
"""Suffix of the files of each product that is made of the catalogue of a finder."""


class SurveyProductPlan:
    """The products of a survey that the configuration asks for.

    Parameters
    ----------
    survey
        The mosaics and finders of the survey.
    """

    def __init__(self, survey: SurveyPlan) -> None:
        self._survey = survey

    @property
    def suffixes(self) -> list[str]:
        """The suffixes of the files in which the catalogue of a finder is written."""
        return [suffix for product, suffix in SUFFIXES.items() if self._survey.asks_for(product)]

    @property
    def given_files(self) -> list[str]:
        """The user's files of which only a survey is made."""
        return self._survey.given_files

    def exported(self, _tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[Names]:
        """Return the finder and suffix of each file that is made of a catalogue of the survey."""
        return [
            {"finder": finder, "product": suffix}
            for finder in self._survey.finders
            for suffix in self.suffixes
        ]

    @property
    def finders_in_hats(self) -> list[str]:
        """The finders whose catalogues are written as HATS collections: all, or none."""
        return self._survey.finders if self._survey.asks_for("hats") else []

    def in_hats(self, _tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[Names]:
        """Return the finder of each HATS collection."""
        return [{"finder": finder} for finder in self.finders_in_hats]

    def coverage(self, _tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[Names]:
        """Return one empty set of names if the coverage of the survey is mapped, else none."""
        return [{}] if self._survey.asks_for("moc") else []

    def mosaics(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[str]:
        """Return the mosaics of the survey."""
        return self._survey.mosaics(tiles)
