"""The content of the report: tables, image cutouts, configuration and versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from radiofind.evaluation import calibration as score_evaluation
from radiofind.evaluation import metrics as evaluation
from radiofind.report.classifiers import ClassifierReport
from radiofind.report.completeness import CompletenessReport
from radiofind.report.frozen_models import FrozenModel
from radiofind.report.sky_view import SkyView
from radiofind.report.survey import SurveyReport
from radiofind.workflow import fingerprints, quarantine, run_warnings
from radiofind.workflow.config.sheet_rows import MATCHED

COLUMNS = {
    "scores": evaluation.COLUMNS,
    "curves": evaluation.CURVE_COLUMNS,
    "tiles": ("mosaic", *fingerprints.COLUMNS[:-1], "state", "reason"),
    "empty_tiles": ("mosaic", "finder", "tile", "reason"),
    "quarantine": quarantine.COLUMNS,
    "warnings": run_warnings.COLUMNS,
    "catalogues": ("mosaic", "finder", "n_sources", "n_flagged"),
    "noise": ("mosaic", "median_rms", "area_deg2", "pixel_arcsec"),
    "covered": ("mosaic", "ra", "dec", "n_nodes"),
    "area": ("mosaic", "rms", "area_deg2"),
    "cuts": ("training_set", "finder", "snr_min", "column", "value", "f1"),
    "calibrations": score_evaluation.COLUMNS,
    "training": (
        *("training_set", "finder", "recipe", "train_snr"),
        *("epoch", "loss", "validation_loss", "validation_f1"),
    ),
}
"""Columns of the tables of `ReportData`."""


@dataclass(frozen=True)
class ReportData:
    """The content of the report. Tables may be empty, even without columns."""

    scores: pd.DataFrame
    """`metrics.COLUMNS`, all mosaics and finders."""
    curves: pd.DataFrame
    """`metrics.CURVE_COLUMNS`, all mosaics and finders."""
    tiles: pd.DataFrame
    """`fingerprints.index_tiles`: one row per tile, or per mosaic that cannot be read."""
    empty_tiles: pd.DataFrame
    """mosaic, finder, tile, reason: tiles without detections, and why."""
    quarantine: pd.DataFrame
    """`quarantine.COLUMNS`: tiles whose search failed."""
    warnings: pd.DataFrame
    """`run_warnings.COLUMNS`: unusual images, and tiles with implausible catalogues."""
    catalogues: pd.DataFrame
    """mosaic, finder, n_sources, n_flagged (sources on an island cut by the edge of a tile)."""
    noise: pd.DataFrame
    """mosaic, median_rms (Jy/beam), area_deg2 (valid pixels), pixel_arcsec, and optionally beam (text)."""
    covered: pd.DataFrame
    """mosaic, ra, dec (deg), n_nodes: where emission covers boxes of the noise measurement."""
    area: pd.DataFrame
    """mosaic, rms (Jy/beam), area_deg2: the area with noise below rms."""
    views: Sequence[SkyView]
    """Image cutouts to show."""
    cuts: pd.DataFrame
    """training_set, finder, snr_min, column, value, f1 of each tuned cut."""
    calibrations: pd.DataFrame
    """`calibration.COLUMNS`, for finders with scores."""
    training: pd.DataFrame
    """training_set, finder, recipe, train_snr, epoch, loss, validation_loss, validation_f1 of each epoch of
    each network."""
    config_text: str
    """The configuration of the run, YAML."""
    versions: Mapping[str, str]
    """Version by software."""
    only: Mapping[str, str] = field(default_factory=dict)
    """Boxes by mosaic, where only the tiles that touch them were searched."""
    frozen: Sequence[FrozenModel] = ()
    """Models that other runs have trained."""
    classifiers: ClassifierReport | None = None
    """Results of classifiers and classes of sources, if any."""
    survey: SurveyReport | None = None
    """The survey made of all mosaics, if any."""
    completeness: CompletenessReport | None = None
    """Completeness and reliability without truth, and source counts, if any."""

    @property
    def matched(self) -> list[str]:
        """The mosaics that were simulated to be like one of the sheet."""
        return [name for name in self.tiles["mosaic"].unique() if name.endswith(MATCHED)]

    @property
    def n_sources(self) -> pd.Series:
        """Sources by finder, without those of `matched`."""
        of_sheet = self.catalogues[~self.catalogues["mosaic"].isin(self.matched)]
        return of_sheet.groupby("finder", sort=False)["n_sources"].sum()
