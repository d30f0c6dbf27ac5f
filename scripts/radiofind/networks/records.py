"""Check that the installed software can use a trained network."""

from __future__ import annotations

from pathlib import Path

from radiofind.networks.lean_keras import keras


def check_keras(made_by: str, record: str | Path, *, what: str) -> None:
    """Raise an error if a network was made with another major version of Keras.

    Parameters
    ----------
    made_by
        The version in the record.
    record
        Path of the record, for the error message.
    what
        The kind of network, for the error message.
    """
    ours = keras.__version__.split(".")[0]
    if made_by.split(".")[0] != ours:
        raise ValueError(
            f"{record}: the {what} was made with Keras {made_by or '(unknown)'}, which Keras {ours} cannot "
            "read; train another one"
        )
