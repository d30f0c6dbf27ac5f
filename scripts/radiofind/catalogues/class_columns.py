"""The columns that say of which class each source of a catalogue is, whatever classifier says it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from radiofind.catalogues.columns import CATALOGUE, Column

CLASS = Column("class", "str", "", "Most probable class; empty where the source could not be classified")
CLASSIFIER = Column("classifier", "str", "", "What gave the class")
PROBABILITY = "probability_"
"""Starts the names of the columns of probabilities."""
SUM_TOLERANCE = 1e-3
"""How far from 1 the probabilities of a source may add up."""
LONGEST_CLASS = 68 - len(PROBABILITY)
"""Letters in the name of a class: FITS names columns by 68 at most."""
NAME = re.compile(rf"[ -z|~]{{1,{LONGEST_CLASS}}}")
"""Names of classes that every file can hold: ASCII that can be printed, without braces."""


def class_columns(classes: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns that `with_classes` adds for these classes, in their order."""
    probabilities = [
        Column(
            f"{PROBABILITY}{name}",
            "float64",
            "",
            f"Probability of {name}, classes weighed as in the training",
        )
        for name in classes
    ]
    return (CLASS, *probabilities, CLASSIFIER)


def classes_of(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the classes of which a table has probabilities, in their order; none for one without."""
    return tuple(name.removeprefix(PROBABILITY) for name in table.columns if name.startswith(PROBABILITY))


def columns_of(catalogue: pd.DataFrame) -> tuple[Column, ...]:
    """Return the columns of a catalogue with or without classes, in their order."""
    classes = classes_of(catalogue)
    return CATALOGUE + (class_columns(classes) if classes else ())


def with_classes(
    catalogue: pd.DataFrame, probabilities: np.ndarray, classes: Sequence[str], classifier_name: str
) -> pd.DataFrame:
    """Return a catalogue with the class of each source.

    Parameters
    ----------
    catalogue
        Columns of `columns.CATALOGUE`, n rows; classes that it has already are replaced.
    probabilities
        Shape (n, classes), each row with the sum 1, or with NaN where the source could not be classified.
    classes
        Names of the classes.
    classifier_name
        What the column ``classifier`` says of the sources that have a class.

    Returns
    -------
    pandas.DataFrame
        With the columns `class_columns` behind the others. The class is the most probable one, of equals
        the first; it and the name of the classifier are empty where a probability is NaN.

    Raises
    ------
    ValueError
        When the shape is another, a row is not one of probabilities, or a name fits no file.
    """
    probabilities = np.asarray(probabilities, dtype=float)
    _check(probabilities, classes, len(catalogue))
    known = np.isfinite(probabilities).all(axis=1)
    best = np.where(known[:, None], probabilities, 0).argmax(axis=1)
    values = {CLASS.name: np.where(known, np.asarray(classes, dtype=object)[best], "")}
    for name, column in zip(classes, probabilities.T, strict=True):
        values[f"{PROBABILITY}{name}"] = np.where(known, column, np.nan)
    values[CLASSIFIER.name] = np.where(known, classifier_name, "")
    types = {column.name: column.dtype for column in class_columns(classes)}
    bare = catalogue[[column.name for column in CATALOGUE]]
    return pd.concat([bare, pd.DataFrame(values, index=bare.index).astype(types)], axis=1)


def _check(probabilities: np.ndarray, classes: Sequence[str], n_sources: int) -> None:
    """Raise when these are no probabilities of these classes for so many sources."""
    if not classes or len(set(classes)) != len(classes):
        raise ValueError(f"Expected classes of different names, received {', '.join(classes) or 'none'}")
    if unfit := [name for name in classes if not NAME.fullmatch(name)]:
        raise ValueError(
            f"Expected names of classes in ASCII without braces, of at most {LONGEST_CLASS} letters, "
            f"received {', '.join(map(repr, unfit))}"
        )
    if probabilities.shape != (n_sources, len(classes)):
        raise ValueError(
            f"Expected probabilities of shape {(n_sources, len(classes))}, received {probabilities.shape}"
        )
    known = np.isfinite(probabilities).all(axis=1)
    wrong = known & ((probabilities < 0).any(axis=1) | (abs(probabilities.sum(axis=1) - 1) > SUM_TOLERANCE))
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"Expected probabilities from 0 to 1 that add up to 1, received {probabilities[row].tolist()} "
            f"in row {row}"
        )
