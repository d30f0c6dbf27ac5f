"""Check the train and validation boxes of the sheet against the size of the mosaics, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from radiofind.images import ImageError, read_header
from radiofind.problems import listed
from radiofind.sheet import Mosaic, SheetError
from radiofind.splits import inner_box, parse_box

COLUMNS = ("train_box", "validation_box")


def check_boxes(mosaics: Sequence[Mosaic], *, simulations: Mapping[str, Mapping], sheet: str) -> None:
    """Raise when a box reaches outside its mosaic or leaves nothing inside its gap.

    Parameters
    ----------
    mosaics
        Rows of the sheet. An image that cannot be read is passed over: it is quarantined when it is
        fingerprinted.
    simulations
        Settings by simulation; they tell the size of mosaics that do not exist yet.
    sheet
        Path of the sheet, for the message.

    Raises
    ------
    SheetError
        With a line for each mistake.
    """
    problems = [
        f"{sheet}, line {mosaic.line}, column {column}: {complaint}"
        for mosaic in mosaics
        for column in COLUMNS
        if getattr(mosaic, column) and (complaint := _complaint(mosaic, column, simulations))
    ]
    if problems:
        raise SheetError(listed(problems))


def _complaint(mosaic: Mosaic, column: str, simulations: Mapping[str, Mapping]) -> str:
    """Return what is wrong with a box, or an empty text."""
    shape = _shape(mosaic, simulations)
    if shape is None:
        return ""
    try:
        inner_box(parse_box(getattr(mosaic, column), shape), shape)
    except ValueError as error:
        return str(error)[:1].lower() + str(error)[1:]
    return ""


def _shape(mosaic: Mosaic, simulations: Mapping[str, Mapping]) -> tuple[int, int] | None:
    """Return rows and columns of a mosaic; None when its image cannot be read."""
    if mosaic.simulate:
        return (simulations[mosaic.simulate]["size_pixels"],) * 2
    try:
        return read_header(mosaic.image, beam=mosaic.beam, frequency_hz=mosaic.frequency_hz).shape
    except ImageError:
        return None
