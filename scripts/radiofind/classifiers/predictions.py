"""Tables of predictions: one row per cutout and member, and the members' ensemble."""

from __future__ import annotations

import numpy as np
import pandas as pd

from radiofind.catalogues.class_columns import PROBABILITY, classes_of
from radiofind.classifiers.cutouts import Cutouts

PREDICTIONS = ("row", "name", "group", "split", "label", "class", "member", "predicted")
"""Columns of predictions, followed by ``probability_{class}`` in the order of labels."""

ENSEMBLE = "ensemble"
"""Name of the ensemble, which averages all members."""

FOLD = r"-(fold\d+)$"
"""Fold in a member's name."""

LARGEST_EXCESS = 1e-3
"""Tolerance of the sum of probabilities, the precision of bfloat16."""


def tabulate_predictions(
    cutouts: Cutouts, probabilities: np.ndarray, *, rows: np.ndarray, member: str, split: str = "test"
) -> pd.DataFrame:
    """Return the predictions of one member for some cutouts.

    Parameters
    ----------
    cutouts
        The data set.
    probabilities
        Shape (n, n_classes), one row per cutout.
    rows
        Indices of these cutouts in the data set, shape (n,).
    member
        Name of the member, ``seed1`` or ``seed1-fold2``.
    split
        Split of the cutouts for this member; with folds it differs from that of the data set.

    Returns
    -------
    pandas.DataFrame
        Columns `PREDICTIONS` and the probabilities.

    Raises
    ------
    ValueError
        If the probabilities have the wrong shape, or do not add up to 1.
    """
    expected = (len(rows), len(cutouts.classes))
    if np.shape(probabilities) != expected:
        raise ValueError(
            f"probabilities of {member} have shape {np.shape(probabilities)} instead of {expected}"
        )
    excess = np.abs(np.sum(probabilities, axis=1) - 1)
    wrong = ~(excess <= LARGEST_EXCESS) | (np.min(probabilities, axis=1, initial=0) < 0)
    if wrong.any():
        raise ValueError(
            f"probabilities of {member} for cutout {rows[wrong][0]} do not add up to 1: "
            f"{probabilities[wrong][0]}"
        )
    classes = np.array(cutouts.classes, dtype=object)
    label = cutouts.label[rows].astype(int)
    columns = (rows, cutouts.name[rows], cutouts.group[rows], split, label, classes[label], member)
    table = pd.DataFrame(dict(zip(PREDICTIONS[:-1], columns, strict=True)), index=range(len(rows)))
    table["predicted"] = classes[np.argmax(probabilities, axis=1)]
    return table.join(pd.DataFrame(probabilities, columns=[PROBABILITY + name for name in classes]))


def probabilities_of(predictions: pd.DataFrame) -> np.ndarray:
    """Return the probabilities of a table of predictions, shape (n, n_classes)."""
    return predictions[[PROBABILITY + name for name in classes_of(predictions)]].to_numpy(float)


def fold_of_member(members: pd.Series) -> pd.Series:
    """Return the fold in the name of each member, such as ``fold2``; empty without folds."""
    return members.str.extract(FOLD, expand=False).fillna("")


def with_ensemble(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return predictions with the rows of the ensemble appended.

    Parameters
    ----------
    predictions
        Rows of any number of members; existing rows of an ensemble are replaced.

    Returns
    -------
    pandas.DataFrame
        The ensemble's probabilities are the mean of all members of the same fold. It has the rows, and test
        cutouts, of all folds together.

    Raises
    ------
    ValueError
        If the members of a fold have predictions for different cutouts.
    """
    members = predictions[predictions["member"] != ENSEMBLE]
    if members.empty:
        return members
    keys = [fold_of_member(members["member"]).rename("fold"), members["split"], members["row"]]
    groups = members.groupby(keys, sort=False)
    counts = groups["member"].nunique()
    expected = counts.groupby(level=["fold", "split"]).transform("max")
    if (counts != expected).any():
        fold, split, row = counts.index[counts != expected][0]
        raise ValueError(
            f"{split} cutout {row} has predictions of {counts[fold, split, row]} instead of "
            f"{expected[fold, split, row]} members {fold}".rstrip()
        )
    columns = [PROBABILITY + name for name in classes_of(members)]
    ensemble = groups[list(members.columns)].first().reset_index(drop=True).assign(member=ENSEMBLE)
    ensemble[columns] = groups[columns].mean().to_numpy()
    ensemble["predicted"] = np.array(classes_of(members), dtype=object)[
        np.argmax(probabilities_of(ensemble), axis=1)
    ]
    return pd.concat([members, ensemble], ignore_index=True)
