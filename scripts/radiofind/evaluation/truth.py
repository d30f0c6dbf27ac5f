"""Read truth catalogues of several formats into one table, and place them on a mosaic.

This module and `truth_tables` alone open truth files. A file without sources is an empty table.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd

from radiofind.errors import quoted, reason, shown
from radiofind.evaluation.placed_truth import CLASSES
from radiofind.evaluation.truth_tables import TruthError, read_table
from radiofind.given_files import file_trouble, packing_trouble, raise_if_not_of_the_file

logger = logging.getLogger(__name__)

COLUMNS = {"truth_id": "str", "ra": "float64", "dec": "float64", "total_flux": "float64", "class": "str"}

SDC1_FIELDS = {0: "truth_id", 3: "ra", 4: "dec", 5: "total_flux", 11: "class"}
"""Fields of the centroid, the flux in Jy and the class in the SDC1 catalogue (SKA-TEL-SKO-0001081)."""

SDC1_SELECTION = 12
"""Field of the 15-column SDC1 training catalogue that is 1 for sources included in the image."""

ENCODING = {"encoding": "utf-8-sig", "errors": "backslashreplace"}
"""Options for opening text files."""

MEERKAT_SIM_HEADER = "# format:"
MEERKAT_SIM_FIELDS = {"name": "truth_id", "ra_d": "ra", "dec_d": "dec", "i": "total_flux"}


def read_truth(path: str | Path, *, truth_format: str) -> pd.DataFrame:
    """Return the sources that a truth catalogue lists.

    Parameters
    ----------
    path
        The file.
    truth_format
        ``sdc1`` (12 or 15 columns of text), ``meerkat_sim`` (text whose first line names the columns) or
        ``table`` (see `truth_tables.read_table`).

    Returns
    -------
    pandas.DataFrame
        truth_id; ra and dec of the centroid (deg, ICRS, 0 <= ra < 360); total_flux (Jy, intrinsic); class,
        one of `CLASSES` or empty when unknown.

    Raises
    ------
    TruthError
        If the format is unknown or the file is not in it; names the file, and the line, column or source.
    """
    if truth_format not in READERS:
        raise TruthError(f"Expected truth_format {', '.join(READERS)}, received {quoted(truth_format)}")
    path = Path(path)
    with _told(path, truth_format):
        if trouble := file_trouble(path) or packing_trouble(path):
            raise TruthError(f"Expected a truth catalogue in {path}, received {trouble}")
        table = _empty() if path.stat().st_size == 0 else READERS[truth_format](path)
        table = table[list(COLUMNS)].astype(COLUMNS).reset_index(drop=True)
        _check(table, path)
    # The remainder of a tiny negative angle can round to 360.
    ra = np.mod(table["ra"], 360.0)
    logger.info("read %d sources from %s", len(table), path)
    return table.assign(ra=ra.where(ra < 360.0, 0.0))


@contextmanager
def _told(path: Path, truth_format: str) -> Iterator[None]:
    """Turn any error caused by a damaged file into a TruthError that names the file."""
    try:
        yield
    except TruthError:
        raise
    except Exception as error:  # astropy, pandas and the libraries below them raise errors of many kinds
        raise_if_not_of_the_file(error, path)
        received = f"what cannot be read ({reason(error)})"
        raise TruthError(
            f"Expected a truth of format {truth_format} in {path}, received {received}"
        ) from error


def _open(path: Path) -> TextIO:
    """Open a text file; bytes that are not UTF-8, as in the comments of old files, are replaced."""
    return path.open(**ENCODING)


def _empty() -> pd.DataFrame:
    """Return a truth table without rows."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in COLUMNS.items()})


def _read_sdc1(path: Path) -> pd.DataFrame:
    """Return the truth of an SDC1 catalogue, without sources that are not in the image."""
    n_header, n_fields = _after_header(path)
    if n_fields == 0:
        return _empty()
    if n_fields not in (12, 15):
        raise TruthError(f"Expected 12 or 15 columns in {path}, line {n_header + 1}, received {n_fields}")
    selection = {SDC1_SELECTION: "selection"} if n_fields == 15 else {}
    table = _read_text(path, n_header=n_header, n_fields=n_fields, fields=SDC1_FIELDS | selection)
    codes = dict(enumerate(CLASSES, start=1))
    _demand(table["class"].isin(codes), "class 1, 2 or 3", table["class"], path)
    table["class"] = table["class"].map(codes)
    return table[table["selection"] == 1] if selection else table


def _after_header(path: Path) -> tuple[int, int]:
    """Return the number of header lines, and the number of fields in the first data line (0 without data)."""
    n_header = 0
    with _open(path) as file:
        for n_header, line in enumerate(file):
            fields = line.split()
            if fields and _is_finite(fields[0]):
                return n_header, len(fields)
    return n_header, 0


def _read_meerkat_sim(path: Path) -> pd.DataFrame:
    """Return the truth of a catalogue whose first line is ``# format:`` and the names of the columns."""
    with _open(path) as file:
        header = file.readline().strip()
    names = header.removeprefix(MEERKAT_SIM_HEADER).split()
    if not header.startswith(MEERKAT_SIM_HEADER) or not set(MEERKAT_SIM_FIELDS) <= set(names):
        wanted = f"{MEERKAT_SIM_HEADER}{' '.join(MEERKAT_SIM_FIELDS)}"
        raise TruthError(f"Expected {wanted!r} in {path}, line 1, received {quoted(header)}")
    fields = {names.index(name): column for name, column in MEERKAT_SIM_FIELDS.items()}
    return _read_text(path, n_header=1, n_fields=len(names), fields=fields).assign(**{"class": ""})


def _read_text(path: Path, *, n_header: int, n_fields: int, fields: Mapping[int, str]) -> pd.DataFrame:
    """Return some fields of a text table under new names: truth_id as text, the others as numbers."""
    types = {number: str if name == "truth_id" else float for number, name in fields.items()}
    try:
        # All columns are read, because with usecols pandas does not detect lines that are too long.
        table = pd.read_csv(
            path,
            sep=r"\s+",
            header=None,
            skiprows=n_header,
            dtype=types,
            keep_default_na=False,
            quoting=csv.QUOTE_NONE,
            encoding=ENCODING["encoding"],
            encoding_errors=ENCODING["errors"],
        )
    except pd.errors.EmptyDataError:
        return _empty()
    except ValueError:
        raise TruthError(_complaint(path, n_header, n_fields, types)) from None
    if table.shape[1] != n_fields or table[[*fields, n_fields - 1]].isna().to_numpy().any():
        raise TruthError(_complaint(path, n_header, n_fields, types))
    return table[list(fields)].rename(columns=fields)


def _complaint(path: Path, n_header: int, n_fields: int, types: Mapping[int, type]) -> str:
    """Return a message on the first bad line of an unreadable text table."""
    with _open(path) as file:
        for number, line in enumerate(file, start=1):
            values = line.split()
            if number <= n_header or not values:
                continue
            if len(values) != n_fields:
                return f"Expected {n_fields} columns in {path}, line {number}, received {len(values)}"
            for field, kind in types.items():
                if kind is float and not _is_finite(values[field]):
                    where = f"{path}, line {number}, column {field + 1}"
                    return f"Expected a number in {where}, received {quoted(values[field])}"
    return f"Expected a table of {n_fields} columns separated by spaces, received {path}"


def _is_finite(text: str) -> bool:
    """Return whether a text is a finite number."""
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _check(table: pd.DataFrame, path: Path) -> None:
    """Raise if a source has no valid position, flux or unique name."""
    for name in ("ra", "dec", "total_flux"):
        _demand(np.isfinite(table[name]), f"a finite {name}", table[name], path)
    _demand(table["dec"].between(-90, 90), "dec from -90 to 90", table["dec"], path)
    _demand(~table["truth_id"].duplicated(), "each truth_id once", table["truth_id"], path)


def _demand(good: pd.Series, expected: str, received: pd.Series, path: Path) -> None:
    """Raise if a value is invalid, naming the first one."""
    if not good.all():
        row = int(np.argmin(good))
        raise TruthError(
            f"Expected {expected} in {path}, received {shown(str(received.iloc[row]))} in source {row + 1}"
        )


READERS = {"sdc1": _read_sdc1, "meerkat_sim": _read_meerkat_sim, "table": read_table}
"""Reader of each truth_format."""
