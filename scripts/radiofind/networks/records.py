"""Say whether a trained network can be used with the software that is here."""

from __future__ import annotations

from pathlib import Path

import keras


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
