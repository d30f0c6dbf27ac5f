"""Read the JSON record that was written with a trained network."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import keras

from radiofind.errors import reason


def read_record(
    path: str | Path, needed: Mapping[str, Callable[[object], object]], *, what: str
) -> dict[str, object]:
    """Return what is needed of a record.

    Parameters
    ----------
    path
        The file.
    needed
        Keys, and what reads their values.
    what
        What it is the record of, for the error.

    Raises
    ------
    ValueError
        When it is not such a record.
    """
    try:
        known = json.loads(Path(path).read_text())
        missing = [key for key in needed if key not in known]
        if missing:
            raise ValueError(f"none of {', '.join(missing)}")
        return {key: read(known[key]) for key, read in needed.items()}
    except (OSError, OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: expected the record of a {what}, received {reason(error)}") from error


def check_keras(made_by: str, record: str | Path, *, what: str) -> None:
    """Raise when a network was made by another major version of Keras.

    Parameters
    ----------
    made_by
        The version, as the record tells it.
    record
        The file, for the error.
    what
        What was made, for the error.
    """
    ours = keras.__version__.split(".")[0]
    if made_by.split(".")[0] != ours:
        raise ValueError(f"{record}: expected a {what} of Keras {ours}, received one of {made_by}")
