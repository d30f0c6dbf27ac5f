"""Collect the report's content on classifiers from the files of a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from radiofind.classifiers.capsule_views import CapsuleViews, read_capsule_views
from radiofind.classifiers.cutouts import Cutouts, read_cutouts
from radiofind.classifiers.evaluation import METRICS
from radiofind.classifiers.predictions import ENSEMBLE, probabilities_of, with_ensemble
from radiofind.classifiers.sources.scores import COLUMNS as SOURCE_SCORES
from radiofind.classifiers.sources.scores import CONFUSION_COLUMNS as SOURCE_CLASSES
from radiofind.classifiers.splits import SPLITS
from radiofind.report.classifiers import NETWORK_COLUMNS, Classifier, ClassifierReport
from radiofind.report.cutout_figures import Mistake

MOST_MISTAKES = 18
"""Number of misclassified cutouts shown per network."""

NAMES = (
    *("dataset", "network", "member", "metric", "class"),
    *("mosaic", "finder", "region", "true", "predicted"),
)
"""Columns of names, which may look like numbers or be empty."""


def read_classifier_report(
    cutouts: Sequence[str],
    *,
    metrics: Sequence[str],
    predictions: Sequence[str],
    members: Sequence[str],
    views: Sequence[str] = (),
    source_classes: Sequence[str] = (),
) -> ClassifierReport | None:
    """Return the report's content on classifiers; None if there are no classifiers.

    Parameters
    ----------
    cutouts
        ``{dataset}/cutouts.h5`` of each data set.
    metrics, predictions
        ``{dataset}/{network}/metrics.csv`` and ``predictions.parquet`` of each network on each data set.
    members
        Training record of each member, ``{dataset}/{network}/members/{member}.json``.
    views
        ``{dataset}/{network}/capsules.h5``, if any.
    source_classes
        Confusion tables (`scores.CONFUSION_COLUMNS`) and score tables (`scores.COLUMNS`) of the classes of
        sources, one per file.
    """
    tables = [read_names(path) for path in source_classes]
    if not (predictions or tables):
        return None
    datasets = {Path(path).parent.name: read_cutouts(path) for path in cutouts}
    of_views = {_place(path): read_capsule_views(path) for path in views}
    records = [_record(path) for path in members]
    return ClassifierReport(
        classifiers=[_classifier(path, datasets, of_views) for path in predictions],
        metrics=_joined((read_names(path) for path in metrics), METRICS),
        members=_joined([pd.DataFrame([_member_row(record) for record in records])], NETWORK_COLUMNS),
        history=_joined(_history(record) for record in records),
        numbers=_joined(_numbers(name, found) for name, found in datasets.items()),
        source_classes=_joined((one for one in tables if "true" in one), SOURCE_CLASSES),
        source_scores=_joined((one for one in tables if "metric" in one), SOURCE_SCORES),
    )


def check_hdf5(path: str | Path) -> None:
    """Raise an error if a file of cutouts or of capsule views is truncated."""
    with h5py.File(path):
        pass


def read_names(path: str | Path) -> pd.DataFrame:
    """Read a CSV table with columns of names as text, even if a name is empty, ``1`` or ``NA``."""
    table = pd.read_csv(path, dtype=dict.fromkeys(NAMES, str), keep_default_na=False)
    numbers = [name for name in table if name not in NAMES]
    return table.assign(**{name: pd.to_numeric(table[name].replace("", np.nan)) for name in numbers})


def _joined(tables: Iterable[pd.DataFrame], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return the rows of all non-empty tables; an empty table with these columns if all are empty."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(columns))


def _place(path: str | Path) -> tuple[str, str]:
    """Return the data set and network from the path of a file in the network's folder."""
    return Path(path).parent.parent.name, Path(path).parent.name


def _record(path: str) -> dict[str, object]:
    """Return the training record of a member, with its data set, network and name."""
    dataset, network = _place(Path(path).parent)
    names = {"dataset": dataset, "network": network, "member": Path(path).stem}
    return json.loads(Path(path).read_text()) | names


def _member_row(record: dict[str, object]) -> dict[str, object]:
    """Return the table row of a member's training."""
    n_epochs = len(record.get("history") or ()) or None
    told = {"n_epochs": n_epochs, "best_epoch": record.get("epoch")}
    return {name: told.get(name, record.get(name)) for name in NETWORK_COLUMNS}


def _history(record: dict[str, object]) -> pd.DataFrame:
    """Return one row per epoch of a member."""
    names = {key: record[key] for key in ("dataset", "network", "member")}
    return pd.DataFrame(record.get("history") or []).assign(**names)


def _numbers(dataset: str, cutouts: Cutouts) -> pd.DataFrame:
    """Return the number of cutouts of each class in each split."""
    rows = [
        {"dataset": dataset, "class": name}
        | {split: int(((cutouts.label == label) & (cutouts.split == split)).sum()) for split in SPLITS}
        for label, name in enumerate(cutouts.classes)
    ]
    return pd.DataFrame(rows)


def _classifier(
    path: str, datasets: dict[str, Cutouts], views: dict[tuple[str, str], CapsuleViews]
) -> Classifier:
    """Return the report's content on one network and data set."""
    dataset, network = _place(path)
    predictions = pd.read_parquet(path)
    test = with_ensemble(predictions[predictions["split"] == "test"])
    answers = test[test["member"] == ENSEMBLE].reset_index(drop=True)
    mistakes = _mistakes(answers, datasets[dataset])
    return Classifier(dataset, network, answers, mistakes, views.get((dataset, network)))


def _mistakes(answers: pd.DataFrame, cutouts: Cutouts) -> list[Mistake]:
    """Return the misclassified cutouts with the highest predicted probabilities."""
    wrong = answers[answers["class"] != answers["predicted"]]
    if wrong.empty:
        return []
    wrong = wrong.assign(probability=probabilities_of(wrong).max(axis=1))
    wrong = wrong.sort_values("probability", ascending=False, kind="stable").head(MOST_MISTAKES)
    return [
        Mistake(
            name=row["name"],
            image=cutouts.image[row["row"]],
            rms=float(cutouts.rms[row["row"]]),
            true=row["class"],
            predicted=row["predicted"],
            probability=row["probability"],
        )
        for row in wrong.to_dict("records")
    ]
