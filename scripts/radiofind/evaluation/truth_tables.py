"""Read a truth catalogue that is a table in a format of astropy.

The format follows from the suffix, not the content, and formats that can make astropy load objects or fetch
other files are excluded.
"""

from __future__ import annotations

from pathlib import Path
from xml.parsers import expat

import numpy as np
import pandas as pd
from astropy import units
from astropy.table import Column, Table

from radiofind.errors import InputFileError, quoted, reason
from radiofind.evaluation.placed_truth import CLASSES
from radiofind.given_files import count_trouble

FORMATS = {
    **dict.fromkeys((".fits", ".fit"), "fits"),
    **dict.fromkeys((".vot", ".votable", ".xml"), "votable"),
    **dict.fromkeys((".txt", ".dat", ".ascii"), "ascii"),
    **{".csv": "ascii.csv", ".ecsv": "ascii.ecsv", ".tsv": "ascii.tab", ".parquet": "parquet"},
}
"""Astropy's name of the format by suffix; ``.gz`` may follow the suffix."""

TABLE_UNITS = {"ra": units.deg, "dec": units.deg, "total_flux": units.Jy}
"""Required columns of a table, and the units assumed if it gives none."""


class TruthError(InputFileError):
    """An error in a truth catalogue; the message names the file and the line, column or source."""


def read_table(path: Path) -> pd.DataFrame:
    """Return the truth in a table; column names are case-insensitive, units are converted.

    Parameters
    ----------
    path
        A file with a suffix of `FORMATS` and the columns ra, dec, total_flux and optionally class and id.

    Raises
    ------
    TruthError
        If it is not such a table, or a column is missing or invalid.
    """
    table = Table.read(path, format=_format_of(path))
    names = {name.lower(): name for name in table.colnames} | {name: name for name in table.colnames}
    missing = [name for name in TABLE_UNITS if name not in names]
    if missing:
        received = reason(", ".join(table.colnames))
        raise TruthError(f"Expected columns {', '.join(TABLE_UNITS)} in {path}, received {received}")
    numbers = {name: _numbers(table[names[name]], unit, path) for name, unit in TABLE_UNITS.items()}
    ids = _texts(table[names["id"]]) if "id" in names else [str(row) for row in range(len(table))]
    classes = [_class(text) for text in _texts(table[names["class"]])] if "class" in names else ""
    return pd.DataFrame(numbers | {"truth_id": ids}).assign(**{"class": classes})


def _format_of(path: Path) -> str:
    """Return astropy's name of a file's format; raise if the format is not supported."""
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix not in FORMATS:
        expected = f"a table in a file that ends in {', '.join(FORMATS)}"
        raise TruthError(f"Expected {expected}, received {path}")
    if FORMATS[suffix] == "votable":
        _refuse_links(path)
    if FORMATS[suffix] == "fits" and (received := count_trouble(path)):
        raise TruthError(f"Expected a table in {path}, received {received}")
    return FORMATS[suffix]


def _refuse_links(path: Path) -> None:
    """Raise if a VOTable links to rows elsewhere, because astropy would fetch them from any address."""
    parser = expat.ParserCreate()

    def check(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "STREAM" and "href" in attributes:
            place = f"{path}, line {parser.CurrentLineNumber}"
            raise TruthError(f"Expected rows in {place}, received a link to {quoted(attributes['href'])}")

    parser.StartElementHandler = check
    with path.open("rb") as file:
        parser.ParseFile(file)


def _numbers(column: Column, unit: units.Unit, path: Path) -> np.ndarray:
    """Return a column as numbers in a unit (assumed if the column has none); NaN where masked."""
    try:
        values = np.ma.filled(np.ma.asarray(column.data).astype(float), np.nan)
        values = units.Quantity(values, column.unit or unit).to_value(unit)
    except (AttributeError, ValueError, TypeError) as error:
        raise TruthError(
            f"Expected column {column.name} of {path} in {unit}, received {reason(error)}"
        ) from error
    if values.ndim != 1:
        received = f"{values.shape[1:]} of them"
        raise TruthError(
            f"Expected column {column.name} of {path} with one number a row, received {received}"
        )
    return values


def _texts(column: Column) -> list[str]:
    """Return a column as text without surrounding blanks, empty where masked."""
    masked = np.ma.getmaskarray(np.ma.asarray(column.data))
    texts = [
        value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)
        for value in np.ma.getdata(column.data)
    ]
    return ["" if hidden else text.strip() for text, hidden in zip(texts, masked, strict=True)]


def _class(text: str) -> str:
    """Return the class in `CLASSES` for a name in any spelling or an SDC1 code; empty if unknown."""
    name = text.lower().replace("-", "_").replace(" ", "_")
    return name if name in CLASSES else dict(zip("123", CLASSES, strict=True)).get(name, "")
