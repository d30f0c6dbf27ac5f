"""The columns with the class and class probabilities of each source, for any classifier."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from radiofind.catalogues.columns import CATALOGUE, Column

CLASS = Column(
    "class", "str", "", "src.class", "Most probable class; empty where the source could not be classified"
)
CLASSIFIER = Column("classifier", "str", "", "meta.id;meta.software", "What gave the class")
PROBABILITY = "probability_"
"""Prefix of the names of probability columns."""
SUM_TOLERANCE = 1e-3
"""Tolerance of the sum of the probabilities of a source."""
LONGEST_CLASS = 68 - len(PROBABILITY)
"""Maximum length of a class name, as FITS limits column names to 68 characters."""
NAME = re.compile(rf"[ -z|~]{{1,{LONGEST_CLASS}}}")
"""Class names allowed in all file formats: printable ASCII without braces."""


def class_columns(classes: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns that `with_classes` adds for these classes, in their order."""
    probabilities = [
        Column(
            f"{PROBABILITY}{name}",
            "float64",
            "",
            "stat.probability;src.class",
            f"Probability of {name}, classes weighed as in the training",
        )
        for name in classes
    ]
    return (CLASS, *probabilities, CLASSIFIER)


def classes_of(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the classes with probability columns in a table, in their order; empty if it has none."""
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
        Columns of `columns.CATALOGUE`, n rows; existing classes are replaced.
    probabilities
        Shape (n, classes); each row adds up to 1, or is NaN if the source could not be classified.
    classes
        Names of the classes.
    classifier_name
        Value of the column ``classifier`` for sources with a class.

    Returns
    -------
    pandas.DataFrame
        The catalogue with the columns `class_columns` appended. The class is the most probable one (the first
        of equals); class and classifier are empty where a probability is NaN.

    Raises
    ------
    ValueError
        If the shape is wrong, a row does not contain probabilities, or a class name is not allowed.
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
    """Raise if the probabilities do not fit the classes or the number of sources."""
    if not classes or len(set(classes)) != len(classes):
        raise ValueError(f"Expected classes of different names, received {', '.join(classes) or 'none'}")
    if unfit := [name for name in classes if not NAME.fullmatch(name)]:
        raise ValueError(
            f"Expected names of classes in ASCII without braces, of at most {LONGEST_CLASS} letters, "
            f"received {', '.join(map(repr, unfit))}"
        )
    if probabilities.shape != (n_sources, len(classes)):
        raise ValueError(
            f"probabilities have shape {probabilities.shape} instead of {(n_sources, len(classes))}"
        )
    known = np.isfinite(probabilities).all(axis=1)
    wrong = known & ((probabilities < 0).any(axis=1) | (abs(probabilities.sum(axis=1) - 1) > SUM_TOLERANCE))
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"probabilities in row {row} must be from 0 to 1 and add up to 1, not "
            f"{probabilities[row].tolist()}"
        )
