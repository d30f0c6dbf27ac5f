"""Check the mosaics of a survey against each other, and the files of the sheet that only a survey reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from radiofind.errors import InputFileError
from radiofind.workflow.config.messages import Fault, listed
from radiofind.workflow.config.sheet import Mosaic, SheetError


def check_survey(mosaics: Sequence[Mosaic], *, config: Mapping) -> None:
    """Raise if an image stands in the sheet twice, or if some mosaics have a weight and others none.

    A survey would confirm the sources of the one image by themselves, and could not compare a weight with a
    distance.

    Parameters
    ----------
    mosaics
        Rows of the sheet.
    config
        The completed configuration; without a survey there is nothing to check.

    Raises
    ------
    SheetError
        With file, line and column of each mistake.
    """
    if config["survey"]:
        _raise([*_repeated_images(mosaics, config["mosaics"]), *_missing_weights(mosaics, config["mosaics"])])


def check_survey_files(mosaics: Sequence[Mosaic], *, config: Mapping) -> None:
    """Raise if a region or the header of a weight cannot be read: a survey reads them at its end only.

    Parameters
    ----------
    mosaics, config
        As for `check_survey`.

    Raises
    ------
    SheetError
        With file, line and column of each mistake.
    """
    if config["survey"]:
        _raise(list(_unreadable_files(mosaics, config["mosaics"])))


def _repeated_images(mosaics: Sequence[Mosaic], sheet: str) -> Iterator[str]:
    """Yield a message for each mosaic whose image another one has."""
    first: dict[tuple[Path, int | None], Mosaic] = {}
    for row in mosaics:
        known = first.setdefault((Path(row.image).resolve(), row.plane), row)
        if known is not row:
            column = "simulate" if row.simulate else "image"
            received = f"{getattr(row, column)}, as on line {known.line} ({known.mosaic})"
            fault = Fault((column,), "another image for each mosaic of a survey", received)
            yield fault.at(_place(sheet, row, column))


def _missing_weights(mosaics: Sequence[Mosaic], sheet: str) -> Iterator[str]:
    """Yield a message for each mosaic without a weight, if others have one."""
    without = [row for row in mosaics if not row.weight]
    for row in without if len(without) < len(mosaics) else ():
        fault = Fault(("weight",), "a weight for each mosaic of a survey, or for none", "an empty field")
        yield fault.at(_place(sheet, row, "weight"))


def _unreadable_files(mosaics: Sequence[Mosaic], sheet: str) -> Iterator[str]:
    """Yield a message for each region and weight that cannot be read."""
    if not any(row.region_file or row.weight for row in mosaics):
        return
    # Here, since few sheets have either.
    from radiofind.mosaics.primary_beams import check_header
    from radiofind.survey.regions import read_region

    for row in mosaics:
        for column, path, read in (
            ("region", row.region_file, read_region),
            ("weight", row.weight, check_header),
        ):
            try:
                if path:
                    read(path)
            except InputFileError as error:
                yield f"{_place(sheet, row, column)}: {error}"


def _place(sheet: str, row: Mosaic, column: str) -> str:
    """Return where in a sheet a mistake is."""
    return f"{sheet}, line {row.line}, column {column}"


def _raise(problems: Sequence[str]) -> None:
    """Raise an error with a line for each mistake, if there is one."""
    if problems:
        raise SheetError(listed(problems))
