"""Decide what the provenance record of a run covers: the user's files, and names in the paths of results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from radiofind.finders.kinds import OF_TILES
from radiofind.workflow.plan.classifiers import ClassifierPlan
from radiofind.workflow.plan.injections import InjectionPlan
from radiofind.workflow.plan.mosaics import Plan
from radiofind.workflow.plan.source_classes import SourceClassPlan
from radiofind.workflow.plan.survey_products import SurveyProductPlan


class RecordPlan:
    """The files and names that the provenance record of a run covers."""

    def __init__(
        self,
        plan: Plan,
        classifiers: ClassifierPlan,
        source_classes: SourceClassPlan,
        survey_products: SurveyProductPlan,
        injections: InjectionPlan,
    ) -> None:
        self._plan, self._classifiers, self._source_classes = plan, classifiers, source_classes
        self._survey_products, self._injections = survey_products, injections

    def given_files(self, _wildcards: Mapping[str, str]) -> list[str]:
        """Return the user's files: the sheet, the files it lists, data sets, models of other runs."""
        plan = self._plan
        of_sheet = plan.given_files(plan.mosaics, "image", "primary_beam", "truth")
        models = [path for finder in plan.finders for path in plan.model_files(finder)]
        of_classes = self._classifiers.given_files + self._source_classes.applied_files
        of_survey = self._survey_products.given_files
        return sorted({plan.config["mosaics"], *of_sheet, *models, *of_classes, *of_survey})

    def given_files_that_exist(self, _tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[str]:
        """Return the user's files that exist, so that the record can depend on them."""
        return [path for path in self.given_files(wildcards) if Path(path).exists()]

    def tiles_per_job(self, _wildcards: Mapping[str, str]) -> dict[str, int]:
        """Return the block size of each finder that searches tiles."""
        finders = self._plan.finders_of(*OF_TILES)
        return {finder: self._plan.finders[finder]["tiles_per_job"] for finder in finders}

    def left_out(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> dict[str, list[str]]:
        """Return by mosaic the tiles that hold valid pixels and are not searched."""
        rows = tiles[tiles["state"] == "left_out"]
        return {mosaic: of_mosaic["tile"].tolist() for mosaic, of_mosaic in rows.groupby("mosaic")}

    def names_in_outputs(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> dict[str, list[str]]:
        """Return the values of wildcards in this run."""
        plan, classifiers = self._plan, self._classifiers
        return {
            "mosaic": plan.readable_mosaics(tiles),
            "simulation": [row.simulate for row in plan.mosaics.values() if row.simulate],
            "training_set": plan.training_sets,
            "finder": list(plan.finders),
            "product": self._survey_products.suffixes,
            "realisation": self._injections.realisations,
            "dataset": list(classifiers.datasets),
            "dataset network": [" ".join(names.values()) for names in classifiers.all()],
            "dataset network member": [" ".join(names.values()) for names in classifiers.all_members()],
        }
