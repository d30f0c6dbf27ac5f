"""Write the report: one self-contained HTML page, from tables and a few image cutouts.

The page says in words what is missing (truth, tuned cuts, readable mosaics, detections).
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from operator import methodcaller
from pathlib import Path

import jinja2
import pandas as pd

from radiofind.evaluation.calibration import calibration_verdict, pool_calibrations
from radiofind.evaluation.ranking import (
    class_completeness,
    pool,
    pool_fractions,
    rank,
    scored_region,
    verdict,
)
from radiofind.files import write_text
from radiofind.report.classifiers import classifier_parts
from radiofind.report.completeness_figures import (
    completeness_figure,
    counts_figure,
    fluxes_figure,
    shapes_figure,
)
from radiofind.report.data import COLUMNS, ReportData
from radiofind.report.figures import (
    calibration_figure,
    f1_figure,
    fractions_figure,
    measurements_figure,
    noise_figure,
    training_figure,
)
from radiofind.report.sky_view import CLASS_LABELS, SkyView, sky_figure
from radiofind.report.style import Style, styles_of
from radiofind.workflow import run_warnings

logger = logging.getLogger(__name__)

TEMPLATES = Path(__file__).parent / "templates"

NOTHING_FOUND = "no source found"
"""Reason of a tile that was searched but has no detections."""

FORMATS = {
    "text": str,
    "words": lambda value: value.replace("_", " "),
    "count": lambda value: f"{value:,.0f}",
    "mean": lambda value: f"{value:,.1f}",
    "fraction": lambda value: f"{value:.3f}",
    "number": lambda value: f"{value:.4g}",
    "degrees": lambda value: f"{value:.4f}",
    "micro": lambda value: f"{value * 1e6:.4g}",
}
"""Number formats by kind; ``micro`` shows Jy/beam as µJy/beam."""


def write_report(data: ReportData, path: str | Path) -> None:
    """Write the report, whole or not at all.

    Parameters
    ----------
    data
        Its content.
    path
        The HTML file to make.
    """
    page = render(data)
    write_text(page, path)
    logger.info("wrote %s with %d characters and %d image cutouts", path, len(page), len(data.views))


def render(data: ReportData) -> str:
    """Return the HTML page; it depends on the data only.

    Parameters
    ----------
    data
        Its content.
    """
    data = _with_columns(data)
    styles = styles_of(_finders(data))
    scores = _scores(data.scores)
    curves = data.curves[data.curves["region"] == scores["region"]]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "cell": _cell,
        "records": methodcaller("to_dict", "records"),
        "data_uri": _data_uri,
    }
    return environment.get_template("report.html.j2").render(
        data=data,
        styles=styles,
        classes={name: label for name, label in CLASS_LABELS.items() if name},
        tiles=_tiles(data),
        warnings=run_warnings.group_warnings(data.warnings),
        noise_figure=noise_figure(data.area) if len(data.area) else "",
        views=_views(data, styles),
        **scores,
        **_score_figures(scores["compared"], curves, styles),
        **_calibration(data.calibrations, scores["region"], styles),
        **_training(data.training, styles),
        **classifier_parts(data.classifiers),
        **_completeness(data, pool_fractions(curves), styles),
        survey_figure=noise_figure(data.survey.area) if data.survey and len(data.survey.area) else "",
    )


def _with_columns(data: ReportData) -> ReportData:
    """Return the data with all columns added to tables without rows."""
    empty = {name: columns for name, columns in COLUMNS.items() if getattr(data, name).empty}
    return replace(data, **{name: pd.DataFrame(columns=list(columns)) for name, columns in empty.items()})


def _finders(data: ReportData) -> list[str]:
    """Return the names of all finders, in the order of their catalogues."""
    shown = [name for view in data.views for name in view.detections]
    tables = (data.catalogues, data.scores, data.calibrations, data.training)
    return list(dict.fromkeys([name for table in tables for name in table["finder"]] + shown))


def _scores(scores: pd.DataFrame) -> dict[str, object]:
    """Return the tables of scores and the sentences about them."""
    region = scored_region(scores)
    of_region = scores[scores["region"] == region]
    pooled = pool(of_region)
    compared = _of(pooled, "one_to_one")
    legacy = of_region[(of_region["metric"] == "legacy") & (of_region["n_truth"] > 0)]
    mosaics = list(of_region["mosaic"].unique())
    rankings = rank(compared)
    best = {ranking.snr_min: ranking.best for ranking in rankings}
    compared["is_best"] = [
        row.snr_min in best and 0 < row.f1 == best[row.snr_min]["f1"] for row in compared.itertuples()
    ]
    return {
        "region": region,
        "scored_mosaics": mosaics,
        "compared": compared,
        "verdicts": [verdict(ranking) for ranking in rankings],
        "per_class": _per_class(pooled, legacy if len(mosaics) == 1 else legacy.iloc[:0]),
        "per_mosaic": _of(of_region, "one_to_one").sort_values("snr_min", kind="stable"),
        "by_chance": _of(pooled, "random"),
        "legacy": legacy.assign(**{"class": legacy["class"].map({"all": "all"} | CLASS_LABELS)}),
    }


def _of(scores: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the rows of one metric for all classes combined."""
    return scores[(scores["metric"] == metric) & (scores["class"] == "all")].copy()


def _per_class(pooled: pd.DataFrame, legacy: pd.DataFrame) -> pd.DataFrame:
    """Return the completeness per class by all metrics; the legacy metric only for a single mosaic."""
    index = ["snr_min", "finder", "cut"]
    table = class_completeness(pooled).set_index(index)
    others = {"random_": pooled[pooled["metric"] == "random"], "legacy_": legacy}
    for prefix, rows in others.items():
        if len(table) and len(rows):
            alike = class_completeness(rows.assign(metric="one_to_one"))
            table = table.join(alike.set_index(index).add_prefix(prefix))
    return table.reset_index()


def _score_figures(
    compared: pd.DataFrame, curves: pd.DataFrame, styles: Mapping[str, Style]
) -> dict[str, str]:
    """Return the figures of the scores; an empty string for a figure without data."""
    fractions = pool_fractions(curves)
    measured = curves[
        (curves["cut"] == "as_found") & ~curves["quantity"].isin(("completeness", "reliability"))
    ]
    return {
        "f1_figure": f1_figure(compared, styles) if len(compared) else "",
        "fractions_figure": fractions_figure(fractions, styles) if len(fractions) else "",
        "measurements_figure": measurements_figure(measured, styles) if len(measured) else "",
    }


def _completeness(
    data: ReportData, from_truth: pd.DataFrame, styles: Mapping[str, Style]
) -> dict[str, object]:
    """Return the figures of completeness and reliability without truth, and what the truth says of them."""
    if not data.completeness:
        return {}
    shown, shapes = data.completeness.fractions, data.completeness.shapes
    fluxes, counts = data.completeness.fluxes, data.completeness.counts
    truth = from_truth[(from_truth["cut"] == "as_found") & from_truth["finder"].isin(shown["finder"])]
    return {
        "truth_fractions": truth,
        "completeness_figure": completeness_figure(shown, truth, styles),
        "shapes_figure": shapes_figure(shapes) if len(shapes) else "",
        "fluxes_figure": fluxes_figure(fluxes, styles) if len(fluxes) else "",
        "counts_figure": counts_figure(counts, styles) if len(counts) else "",
    }


def _calibration(calibrations: pd.DataFrame, region: str, styles: Mapping[str, Style]) -> dict[str, object]:
    """Return sentences, table and figure on calibration; empty without detections in the region."""
    pooled = pool_calibrations(calibrations)
    shown = pooled[pooled["region"] == region]
    of_finder = {finder: shown[shown["finder"] == finder] for finder in styles}
    pooled = pooled[pooled["finder"].isin(shown["finder"])]
    return {
        "calibrated": shown,
        "calibration_figure": calibration_figure(pooled, styles, region=region) if len(shown) else "",
        "calibration_verdicts": [calibration_verdict(rows) for rows in of_finder.values() if len(rows)],
    }


def _training(training: pd.DataFrame, styles: Mapping[str, Style]) -> dict[str, object]:
    """Return the table of networks with their best epochs, and the figure of their training curves."""
    network = ["training_set", "finder"]
    best = training.sort_values("validation_f1", ascending=False, kind="stable").drop_duplicates(network)
    n_epochs = training.groupby(network, sort=False).size().reset_index(name="n_epochs")
    return {
        "networks": n_epochs.merge(best, on=network),
        "training_figure": training_figure(training, styles) if len(training) else "",
    }


def _views(data: ReportData, styles: Mapping[str, Style]) -> list[tuple[SkyView, str]]:
    """Return each image cutout with its figure."""
    pixel_arcsec = dict(zip(data.noise["mosaic"], data.noise["pixel_arcsec"], strict=True))
    return [
        (view, sky_figure(view, styles, pixel_arcsec=pixel_arcsec.get(view.mosaic))) for view in data.views
    ]


def _tiles(data: ReportData) -> dict[str, object]:
    """Return the number of tiles per state of the mosaics of the sheet, and the tiles to list."""
    readable = data.tiles[(data.tiles["state"] != "unreadable") & ~data.tiles["mosaic"].isin(data.matched)]
    failed = data.quarantine
    distinct = failed[["mosaic", "tile"]].drop_duplicates()
    states = pd.crosstab(readable["mosaic"], readable["state"])
    states = states.reindex(columns=["live", "blank", "left_out"], fill_value=0).reset_index()
    per_mosaic = distinct["mosaic"].value_counts()
    return {
        "states": states.assign(failed=states["mosaic"].map(per_mosaic).fillna(0)),
        "n_failed": len(distinct),
        "failed": failed,
        "failures": failed.groupby(["finder", "reason"], sort=False).size().reset_index(name="n_tiles"),
        "unsearchable": data.empty_tiles[data.empty_tiles["reason"] != NOTHING_FOUND],
        "n_nothing_found": int((data.empty_tiles["reason"] == NOTHING_FOUND).sum()),
        "blank": data.tiles[data.tiles["state"] == "blank"],
        "unreadable": data.tiles[data.tiles["state"] == "unreadable"],
    }


def _cell(value: object, kind: str) -> str:
    """Return a value formatted for a table cell; a dash if missing."""
    if pd.isna(value) or value == "":
        return "–"
    return FORMATS[kind](value)


def _data_uri(svg: str) -> str:
    """Return an SVG as a data URI."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
