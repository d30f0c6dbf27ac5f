"""Read and check the mosaic sheet, one mosaic per row. Only this module defines its columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from radiofind.errors import closest, shown
from radiofind.given_files import file_trouble
from radiofind.survey.region_names import is_file
from radiofind.workflow.config.messages import Fault, listed
from radiofind.workflow.config.sheet_rows import PATHS, SIMULATED, numbers_in, row_faults


class SheetError(ValueError):
    """An error in the mosaic sheet; the message gives file, line and column of every mistake."""


@dataclass(frozen=True)
class Mosaic:
    """One row of the mosaic sheet; empty fields are None."""

    mosaic: str
    """Name."""
    image: str
    """Path of the FITS image."""
    primary_beam: str | None = None
    """Path of the primary beam."""
    truth: str | None = None
    """Path of the truth catalogue."""
    truth_format: str | None = None
    """One of `sheet_rows.TRUTH_FORMATS`, given with a truth."""
    train_box: str | None = None
    """``x0:x1,y0:y1`` in 0-based half-open pixels, or ``all``; not yet compared with the image."""
    validation_box: str | None = None
    """As `train_box`."""
    training_set: str = ""
    """Mosaics with the same name share networks, cuts and calibration; by default the mosaic's name."""
    simulate: str | None = None
    """Name of the simulation that makes image, primary beam and truth."""
    beam: tuple[float, float, float] | None = None
    """Major and minor axis (arcsec, FWHM) and position angle (deg), instead of those in the header."""
    frequency_hz: float | None = None
    """Frequency (Hz), instead of that in the header."""
    plane: int | None = None
    """Number of the plane of a cube, from 0, instead of the first of Stokes I."""
    field: str | None = None
    """Mosaics of the same sky at several frequencies have the same field."""
    centre: tuple[float, float] | None = None
    """Right ascension and declination of its centre (ICRS, deg), which decides what it owns of a survey."""
    region: str | None = None
    """Region of the sky outside which its detections do not count in a survey (see `region_names`)."""
    weight: str | None = None
    """Path of the image whose values decide what it owns of a survey, instead of the centres."""
    line: int = 0
    """Line of the sheet."""
    like: Mosaic | None = None
    """The mosaic of the sheet that this one, which is not in the sheet, is simulated to be like."""

    @property
    def region_file(self) -> str | None:
        """Path of the region, if it is a file."""
        return self.region if self.region and is_file(self.region) else None


COLUMNS = tuple(column.name for column in fields(Mosaic) if column.name not in ("line", "like"))


def read_sheet(
    path: str | Path, *, simulations: Collection[str] = (), base: str | Path = "."
) -> list[Mosaic]:
    """Return the mosaics of a sheet, in its order.

    Parameters
    ----------
    path
        The sheet: a header and one row a mosaic, separated by tabs; blank lines and lines that start with
        ``#`` are skipped.
    simulations
        Names allowed in the column ``simulate``.
    base
        Folder from which relative paths start, including that of the sheet. Paths are returned as written,
        with ``~`` at their start replaced by the home folder.

    Returns
    -------
    list of Mosaic
        At least one.

    Raises
    ------
    SheetError
        With a line for each mistake.
    """
    (header_line, columns), *rows = _lines(Path(base) / path, str(path))
    _check_header(columns, f"{path}, line {header_line}")
    problems, mosaics, first_lines = [], [], {}
    for line, row in rows:
        cells = {column: field for column, field in zip(columns, row, strict=False) if field}
        cells |= {column: from_home(cells[column]) for column in (*PATHS, "region") if column in cells}
        name = cells.get("mosaic")
        if len(row) == len(columns):
            found = list(row_faults(cells, simulations=simulations, base=Path(base)))
        else:
            found = [Fault((columns[-1],), f"{len(columns)} fields, separated by tabs", str(len(row)))]
        if first_lines.setdefault(name, line) != line and name:
            found.append(
                Fault(("mosaic",), "each name once", f"{shown(name)}, as on line {first_lines[name]}")
            )
        problems += [_in_column(fault, f"{path}, line {line}") for fault in found]
        mosaics += [] if found else [_mosaic(cells, line)]
    if problems:
        raise SheetError(listed(problems))
    return mosaics


def from_home(path: str) -> str:
    """Return a path with ``~/`` at its start replaced by the home folder."""
    return str(Path(path).expanduser()) if path.startswith("~/") else path


def _lines(path: Path, name: str) -> list[tuple[int, list[str]]]:
    """Return the line number and fields of the header and of each row; raise if there is no row."""
    trouble = file_trouble(path)
    if trouble:
        raise SheetError(f"{name}: expected the mosaic sheet, received {trouble}")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SheetError(f"{name}: expected text in UTF-8, received: {error}") from error
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    told = [
        (number, [_field(field) for field in line.split("\t")])
        for number, line in enumerate(lines, start=1)
        if line.strip() and not _field(line).startswith("#")
    ]
    if len(told) < 2:
        raise SheetError(f"{name}: expected a header and at least one mosaic, received {len(told)} line(s)")
    return _without_blank_columns(told)


def _without_blank_columns(told: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Return the lines without the columns that are blank in all of them, as tabs at their ends make them."""
    used = {position for _, row in told for position, field in enumerate(row) if field}
    return [(line, [field for position, field in enumerate(row) if position in used]) for line, row in told]


def _field(text: str) -> str:
    """Return a field without surrounding spaces and without quotes that spreadsheets add for commas."""
    return text.strip().removeprefix('"').removesuffix('"').strip()


def _check_header(columns: list[str], place: str) -> None:
    """Raise if a column is unknown, repeated, or missing."""
    known = f"one of {', '.join(COLUMNS)}, separated by tabs"
    faults = [
        Fault((shown(column),), known, f"{shown(column)}{closest(column, COLUMNS)}")
        for column in columns
        if column not in COLUMNS
    ]
    faults += [
        Fault((column,), "each column once", f"{columns.count(column)} of it")
        for column in COLUMNS
        if columns.count(column) > 1
    ]
    if "mosaic" not in columns:
        faults.append(Fault(("mosaic",), "this column", "a sheet without it"))
    if faults:
        raise SheetError(listed([_in_column(fault, place) for fault in faults]))


def _in_column(fault: Fault, place: str) -> str:
    """Return a mistake in a row as one line of text."""
    return fault.at(f"{place}, column {fault.keys[0]}")


def _mosaic(cells: Mapping[str, str], line: int) -> Mosaic:
    """Return the mosaic of a valid row."""
    simulate = cells.get("simulate")
    made = {column: path.format(simulate) for column, path in SIMULATED.items()} if simulate else {}
    numbers = {column: numbers_in(cells[column]) for column in ("beam", "centre") if column in cells}
    if "frequency_hz" in cells:
        numbers["frequency_hz"] = numbers_in(cells["frequency_hz"])[0]
    if "plane" in cells:
        numbers["plane"] = int(cells["plane"])
    return Mosaic(**{"training_set": cells["mosaic"], **cells, **made, **numbers, "line": line})
