"""Check the mosaics of a survey against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from radiofind.workflow.config.messages import Fault, listed
from radiofind.workflow.config.sheet import Mosaic, SheetError


def check_survey(mosaics: Sequence[Mosaic], *, config: Mapping) -> None:
    """Raise if an image stands in the sheet twice, so that a survey would confirm its sources by themselves.

    Parameters
    ----------
    mosaics
        Rows of the sheet.
    config
        The completed configuration; without a survey there is nothing to check.

    Raises
    ------
    SheetError
        With file, line and column of each repetition.
    """
    first: dict[tuple[Path, int | None], Mosaic] = {}
    problems = []
    for row in mosaics if config["survey"] else ():
        known = first.setdefault((Path(row.image).resolve(), row.plane), row)
        if known is not row:
            column = "simulate" if row.simulate else "image"
            received = f"{getattr(row, column)}, as on line {known.line} ({known.mosaic})"
            fault = Fault((column,), "another image for each mosaic of a survey", received)
            problems.append(fault.at(f"{config['mosaics']}, line {row.line}, column {column}"))
    if problems:
        raise SheetError(listed(problems))
