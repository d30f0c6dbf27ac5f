"""The report's content on classifiers and the classes of sources, prepared for its template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from radiofind.catalogues.class_columns import classes_of
from radiofind.classifiers.capsule_views import CapsuleViews
from radiofind.classifiers.evaluation import METRICS
from radiofind.classifiers.predictions import ENSEMBLE
from radiofind.classifiers.sources.scores import COLUMNS as SOURCE_SCORES
from radiofind.classifiers.sources.scores import CONFUSION_COLUMNS as SOURCE_CLASSES
from radiofind.report.classifier_figures import (
    answers_figure,
    class_scores_figure,
    confusion_figure,
    history_figure,
    matrix_of,
)
from radiofind.report.cutout_figures import (
    Mistake,
    mistakes_figure,
    perturbations_figure,
    reconstructions_figure,
)
from radiofind.report.published import PUBLISHED
from radiofind.report.sky_view import CLASS_LABELS
from radiofind.report.style import styles_of

REGION = "test"
NO_CLASS = CLASS_LABELS[""]
SHOWN = ("accuracy", "macro_precision", "macro_recall", "macro_f1", "roc_auc", "calibration_error")
"""Metrics in the table that compares networks."""
METRIC_LABELS = {
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "macro_f1": "macro F1",
    "roc_auc": "ROC area",
    "calibration_error": "calibration error",
}
"""Display names of metrics, if they differ from the names."""
MOST_BESIDE = 3
"""Number of confusion matrices in a row."""

ENDS = {"": "value", "_low": "low", "_high": "high"}
"""Suffixes of the names of a value and its interval."""

NETWORK_COLUMNS = (
    *("dataset", "network", "member", "architecture", "recipe", "variant", "parameters"),
    *("n_epochs", "best_epoch", "device"),
)


@dataclass(frozen=True)
class Classifier:
    """One network on one data set."""

    dataset: str
    """Name of the data set."""
    network: str
    """Name of the network."""
    answers: pd.DataFrame
    """Predictions of the ensemble for the test cutouts, from `predictions.with_ensemble`."""
    mistakes: Sequence[Mistake]
    """Some cutouts that the ensemble misclassified."""
    views: CapsuleViews | None
    """Reconstructions of some cutouts; None for networks without capsules."""


@dataclass(frozen=True)
class ClassifierReport:
    """The report's content on classifiers. Everything may be empty."""

    classifiers: Sequence[Classifier] = ()
    """Each network on each data set."""
    metrics: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(METRICS)))
    """`evaluation.METRICS` of all classifiers."""
    members: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(NETWORK_COLUMNS)))
    """`NETWORK_COLUMNS`: the training of each member; NaN if unknown."""
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    """dataset, network, member, epoch, loss, validation_loss and optional columns: one row per epoch."""
    numbers: pd.DataFrame = field(default_factory=pd.DataFrame)
    """dataset, class, and the number of cutouts in each of `splits.SPLITS`."""
    source_classes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SOURCE_CLASSES)))
    """`scores.CONFUSION_COLUMNS`: predicted against true classes of matched sources."""
    source_scores: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SOURCE_SCORES)))
    """`scores.COLUMNS` of the classes of sources."""


def classifier_parts(report: ClassifierReport | None) -> dict[str, object]:
    """Return the template's variables on classifiers; empty lists if there are no classifiers.

    Parameters
    ----------
    report
        None if no classifier is configured.
    """
    report = report or ClassifierReport()
    others = [one for one in PUBLISHED if one.architecture not in _architectures(report)]
    datasets = dict.fromkeys(classifier.dataset for classifier in report.classifiers)
    return {
        "classifier_datasets": [_dataset(report, name) for name in datasets],
        "comparisons": _comparisons(report) if report.classifiers else [],
        "other_published": others if report.classifiers else [],
        "source_classes": _source_classes(report),
    }


def _dataset(report: ClassifierReport, dataset: str) -> dict[str, object]:
    """Return the tables and figures of all networks on one data set."""
    classifiers = [one for one in report.classifiers if one.dataset == dataset]
    styles = styles_of([one.network for one in classifiers])
    scores, members, history = (
        table[table["dataset"] == dataset] if len(table) else table
        for table in (report.metrics, report.members, report.history)
    )
    answers = {one.network: one.answers for one in classifiers if len(one.answers)}
    ensemble = scores[scores["member"] == ENSEMBLE]
    numbers = report.numbers[report.numbers["dataset"] == dataset] if len(report.numbers) else report.numbers
    return {
        "name": dataset,
        "numbers": numbers,
        "styles": styles,
        "networks": _networks(scores, members, list(styles)),
        "per_class": _per_class(ensemble),
        "all_members": scores[scores["class"] == ""].replace({"metric": METRIC_LABELS}),
        "answers_figure": answers_figure(answers) if answers else "",
        "scores_figure": class_scores_figure(ensemble, styles) if len(ensemble) else "",
        "history_figure": history_figure(history, styles) if len(history) else "",
        "mistakes": [_mistakes(one) for one in classifiers if len(one.answers)],
        "views": [_views(one) for one in classifiers if one.views is not None and len(one.views.image)],
    }


def _networks(scores: pd.DataFrame, members: pd.DataFrame, networks: list[str]) -> list[dict[str, object]]:
    """Return one row per network: its training, and the scores of its ensemble and members."""
    rows = []
    overall = scores[scores["class"] == ""].set_index(["network", "member", "metric"])
    for network in networks:
        trained = members[members["network"] == network]
        known = trained.iloc[0].to_dict() if len(trained) else dict.fromkeys(NETWORK_COLUMNS)
        typical = trained[["n_epochs", "best_epoch"]].median()
        row = known | typical.to_dict() | {"network": network, "n_members": len(trained)}
        for member in ("mean", ENSEMBLE):
            for metric in SHOWN:
                found = overall.loc[[(network, member, metric)]] if len(overall) else overall
                of_metric = found.iloc[0] if len(found) else {}
                row |= {f"{member}_{metric}{end}": of_metric.get(key) for end, key in ENDS.items()}
        rows.append(row)
    return rows


def _per_class(ensemble: pd.DataFrame) -> list[dict[str, object]]:
    """Return one row per network and class: precision, recall, F1 and ROC area."""
    rows = []
    of_classes = ensemble[ensemble["class"] != ""]
    for (network, name), part in of_classes.groupby(["network", "class"], sort=False):
        row = {"network": network, "class": name, "n": part["n"].max()}
        for found in part.to_dict("records"):
            row |= {f"{found['metric']}{end}": found[key] for end, key in ENDS.items()}
        rows.append(row)
    return rows


def _mistakes(classifier: Classifier) -> dict[str, object]:
    """Return the figure of one network's mistakes, and their number."""
    wrong = classifier.answers["class"] != classifier.answers["predicted"]
    return {
        "network": classifier.network,
        "n": int(wrong.sum()),
        "n_test": len(wrong),
        "n_shown": len(classifier.mistakes),
        "figure": mistakes_figure(classifier.mistakes) if classifier.mistakes else "",
    }


def _views(classifier: Classifier) -> dict[str, object]:
    """Return the figures of one network's capsule reconstructions."""
    views = classifier.views
    return {
        "network": classifier.network,
        "reconstructions": reconstructions_figure(views),
        "perturbations": [perturbations_figure(views, place) for place in range(len(views.perturbed))],
    }


def _comparisons(report: ClassifierReport) -> list[dict[str, object]]:
    """Return published results for each trained architecture, with our results to compare."""
    return [
        {
            "architecture": architecture,
            "published": [one for one in PUBLISHED if one.architecture == architecture],
            "ours": _ours(report, architecture),
        }
        for architecture in _architectures(report)
    ]


def _architectures(report: ClassifierReport) -> list[str]:
    """Return the trained architectures."""
    return list(report.members["architecture"].unique())


def _ours(report: ClassifierReport, architecture: str) -> list[dict[str, object]]:
    """Return our results for one architecture, in the published metrics and those shown for all."""
    wanted = {one.metric for one in PUBLISHED if one.architecture == architecture and not one.of_class}
    wanted |= {"accuracy", "macro_f1"}
    trained = report.members[report.members["architecture"] == architecture]
    scores = report.metrics[(report.metrics["member"] == ENSEMBLE) & (report.metrics["class"] == "")]
    scores = scores.merge(trained[["dataset", "network"]].drop_duplicates(), on=["dataset", "network"])
    classes = {(one.dataset, one.network): ", ".join(classes_of(one.answers)) for one in report.classifiers}
    scores = scores[scores["metric"].isin(wanted)].replace({"metric": METRIC_LABELS})
    return [
        row | {"classes": classes.get((row["dataset"], row["network"]), "")}
        for row in scores.to_dict("records")
    ]


def _source_classes(report: ClassifierReport) -> dict[str, object] | None:
    """Return the table and figure of source classes in the test region, or another region if it is empty."""
    table = report.source_classes
    table = table[table["n"] > 0] if len(table) else table
    if table.empty:
        return None
    regions = list(table["region"].unique())
    region = REGION if REGION in regions else regions[0]
    table, scores = table[table["region"] == region], report.source_scores
    mosaics, matrices = list(table["mosaic"].unique()), _source_matrices(table)
    # Mosaics without sources in the region have scores too, all NaN.
    scores = scores[(scores["region"] == region) & scores["mosaic"].isin(mosaics)]
    # The intervals of single mosaics cannot be combined into one for all.
    intervals = _source_intervals(scores) if len(mosaics) == 1 else {}
    unknown = {"low": None, "high": None}
    titles = {f"{finder}, SNR > {snr:g}": matrix for (snr, finder), matrix in matrices.items()}
    return {
        "region": region,
        "classes": list(next(iter(matrices.values())).index),
        "mosaics": mosaics,
        "rows": [_source_row(*key, one) | intervals.get(key, unknown) for key, one in matrices.items()],
        "scores": scores.replace({"class": {name: CLASS_LABELS[name] for name in CLASS_LABELS if name}}),
        "figure": confusion_figure(titles, across=MOST_BESIDE),
    }


def _source_matrices(table: pd.DataFrame) -> dict[tuple[float, str], pd.DataFrame]:
    """Return the confusion matrix of all mosaics together, by SNR limit and finder."""
    table = table.replace({"true": CLASS_LABELS, "predicted": CLASS_LABELS})
    named = set(table["true"]) | set(table["predicted"])
    order = [name for name in CLASS_LABELS.values() if name in named]
    classes = [name for name in (*order, *sorted(named - {*order})) if name != NO_CLASS]
    unknown = [NO_CLASS] if NO_CLASS in named else []
    matrices = {
        key: matrix_of(part, classes, predicted=unknown)
        for key, part in table.groupby(["snr_min", "finder"], sort=False)
    }
    return dict(sorted(matrices.items(), key=lambda matrix: matrix[0][0]))


def _source_intervals(scores: pd.DataFrame) -> dict[tuple[float, str], dict[str, float]]:
    """Return the interval (``low``, ``high``) of the balanced accuracy, by SNR limit and finder."""
    balanced = scores[scores["metric"] == "balanced_accuracy"].set_index(["snr_min", "finder"])
    return balanced[["low", "high"]].to_dict("index")


def _source_row(snr_min: float, finder: str, matrix: pd.DataFrame) -> dict[str, object]:
    """Return balanced accuracy and accuracy of a finder, and of always predicting the most frequent class."""
    total = matrix.sum(axis=1)
    present = total[total > 0]
    hits = pd.Series({name: matrix.loc[name, name] for name in present.index})
    return {
        "snr_min": snr_min,
        "finder": finder,
        "n": int(total.sum()),
        "constant": present.idxmax(),
        "balanced": (hits / present).mean(),
        "balanced_constant": 1 / len(present),
        "accuracy": hits.sum() / total.sum(),
        "accuracy_constant": present.max() / total.sum(),
        "recalls": (hits / present).to_dict(),
    }
