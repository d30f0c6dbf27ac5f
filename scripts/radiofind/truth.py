"""Read truth catalogues of several formats into one table, and place them on a mosaic.

The only module that opens a truth file. A file without sources is an empty table.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from astropy import units
from astropy.io.registry import IORegistryError
from astropy.table import Column, Table

logger = logging.getLogger(__name__)

CLASSES = ("ss_agn", "fs_agn", "sfg")
"""Steep-spectrum AGN, flat-spectrum AGN, star-forming galaxies: codes 1, 2 and 3 of SDC1."""

COLUMNS = {"truth_id": "str", "ra": "float64", "dec": "float64", "total_flux": "float64", "class": "str"}

SDC1_FIELDS = {0: "truth_id", 3: "ra", 4: "dec", 5: "total_flux", 11: "class"}
"""Where the SDC1 catalogue (SKA-TEL-SKO-0001081) has the centroid, the flux in Jy and the class."""

SDC1_SELECTION = 12
"""Field of the 15-column SDC1 training catalogue that is 1 for sources that were put into the image."""

TABLE_UNITS = {"ra": units.deg, "dec": units.deg, "total_flux": units.Jy}
"""Columns that a table must have, and the units that are meant when it names none."""

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
        ``table`` (what astropy reads, with the columns ra, dec, total_flux and perhaps class and id).

    Returns
    -------
    pandas.DataFrame
        truth_id; ra and dec of the centroid (deg, ICRS, 0 <= ra < 360); total_flux (Jy, intrinsic); class,
        one of `CLASSES` or empty when unknown.

    Raises
    ------
    ValueError
        When the format is unknown or the file is not of it; says the file, and the line or column.
    """
    readers = {"sdc1": _read_sdc1, "meerkat_sim": _read_meerkat_sim, "table": _read_table}
    if truth_format not in readers:
        raise ValueError(f"Expected truth_format {', '.join(readers)}, received {truth_format!r}")
    path = Path(path)
    table = _empty() if path.stat().st_size == 0 else readers[truth_format](path)
    table = table[list(COLUMNS)].astype(COLUMNS).reset_index(drop=True)
    _check(table, path)
    # The remainder of a tiny negative angle rounds to 360 itself.
    ra = np.mod(table["ra"], 360.0)
    logger.info("read %d sources from %s", len(table), path)
    return table.assign(ra=ra.where(ra < 360.0, 0.0))


def place_truth(
    truth: pd.DataFrame, x: np.ndarray, y: np.ndarray, *, primary_beam: np.ndarray, rms: np.ndarray
) -> pd.DataFrame:
    """Return the truth that lies on pixels of a mosaic, with what is known of it there.

    Parameters
    ----------
    truth
        As `read_truth` returns it, n rows.
    x, y
        Mosaic pixels of each source, shape (n,).
    primary_beam
        Primary beam at each source, shape (n,); 1 for a mosaic without.
    rms
        Noise at each source, Jy/beam, shape (n,); NaN where the mosaic is blank or ends.

    Returns
    -------
    pandas.DataFrame
        With x, y, primary_beam, apparent_total_flux (Jy, total_flux times the beam) and rms. Sources where
        one of them is not finite are left out.
    """
    placed = truth.assign(
        x=x, y=y, primary_beam=primary_beam, apparent_total_flux=truth["total_flux"] * primary_beam, rms=rms
    )
    kept = np.isfinite(placed[["x", "y", "apparent_total_flux", "rms"]]).all(axis=1)
    logger.info("%d of %d truth sources lie on the mosaic", kept.sum(), len(truth))
    return placed[kept].reset_index(drop=True)


def with_snr(truth: pd.DataFrame, *, truth_rms: str, median_rms: float) -> pd.DataFrame:
    """Return placed truth with the column snr: apparent total flux over noise.

    Parameters
    ----------
    truth
        As `place_truth` returns it.
    truth_rms
        ``median``: the noise is the median of the mosaic's noise map, as in Lukic et al. 2019; ``local``: the
        noise at the source.
    median_rms
        That median, Jy/beam.

    Raises
    ------
    ValueError
        When `truth_rms` is neither.
    """
    if truth_rms not in ("median", "local"):
        raise ValueError(f"Expected truth_rms median or local, received {truth_rms!r}")
    rms = median_rms if truth_rms == "median" else truth["rms"]
    return truth.assign(snr=truth["apparent_total_flux"] / rms)


def _empty() -> pd.DataFrame:
    """Return a truth table without rows."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in COLUMNS.items()})


def _read_sdc1(path: Path) -> pd.DataFrame:
    """Return the truth of an SDC1 catalogue; sources that were not put into the image are left out."""
    n_header, n_fields = _after_header(path)
    if n_fields == 0:
        return _empty()
    if n_fields not in (12, 15):
        raise ValueError(f"Expected 12 or 15 columns in {path}, line {n_header + 1}, received {n_fields}")
    selection = {SDC1_SELECTION: "selection"} if n_fields == 15 else {}
    table = _read_text(path, n_header=n_header, n_fields=n_fields, fields=SDC1_FIELDS | selection)
    codes = dict(enumerate(CLASSES, start=1))
    _demand(table["class"].isin(codes), "class 1, 2 or 3", table["class"], path)
    table["class"] = table["class"].map(codes)
    return table[table["selection"] == 1] if selection else table


def _after_header(path: Path) -> tuple[int, int]:
    """Return how many lines precede the first that starts with a number, and its fields (0 without one)."""
    n_header = 0
    with path.open() as file:
        for n_header, line in enumerate(file):
            fields = line.split()
            if fields and _is_finite(fields[0]):
                return n_header, len(fields)
    return n_header, 0


def _read_meerkat_sim(path: Path) -> pd.DataFrame:
    """Return the truth of a catalogue whose first line is ``# format:`` and the names of the columns."""
    with path.open() as file:
        header = file.readline().strip()
    names = header.removeprefix(MEERKAT_SIM_HEADER).split()
    if not header.startswith(MEERKAT_SIM_HEADER) or not set(MEERKAT_SIM_FIELDS) <= set(names):
        wanted = f"{MEERKAT_SIM_HEADER}{' '.join(MEERKAT_SIM_FIELDS)}"
        raise ValueError(f"Expected {wanted!r} in {path}, line 1, received {header!r}")
    fields = {names.index(name): column for name, column in MEERKAT_SIM_FIELDS.items()}
    return _read_text(path, n_header=1, n_fields=len(names), fields=fields).assign(**{"class": ""})


def _read_text(path: Path, *, n_header: int, n_fields: int, fields: Mapping[int, str]) -> pd.DataFrame:
    """Return some fields of a text table by their new names: truth_id as text, the others as numbers."""
    types = {number: str if name == "truth_id" else float for number, name in fields.items()}
    try:
        # All columns are read, because with usecols pandas does not notice a line that is too long.
        table = pd.read_csv(
            path, sep=r"\s+", header=None, skiprows=n_header, dtype=types, keep_default_na=False
        )
    except pd.errors.EmptyDataError:
        return _empty()
    except ValueError:
        raise ValueError(_complaint(path, n_header, n_fields, types)) from None
    if table.shape[1] != n_fields or table[[*fields, n_fields - 1]].isna().to_numpy().any():
        raise ValueError(_complaint(path, n_header, n_fields, types))
    return table[list(fields)].rename(columns=fields)


def _complaint(path: Path, n_header: int, n_fields: int, types: Mapping[int, type]) -> str:
    """Return what is wrong with the first bad line of a text table that could not be read."""
    with path.open() as file:
        for number, line in enumerate(file, start=1):
            values = line.split()
            if number <= n_header or not values:
                continue
            if len(values) != n_fields:
                return f"Expected {n_fields} columns in {path}, line {number}, received {len(values)}"
            for field, kind in types.items():
                if kind is float and not _is_finite(values[field]):
                    where = f"{path}, line {number}, column {field + 1}"
                    return f"Expected a number in {where}, received {values[field]!r}"
    return f"Expected a table of {n_fields} columns separated by spaces, received {path}"


def _is_finite(text: str) -> bool:
    """Return whether a text is a finite number."""
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _read_table(path: Path) -> pd.DataFrame:
    """Return the truth of a table that astropy reads; names of columns in any case, units as given."""
    try:
        table = Table.read(path, format="ascii" if path.suffix in (".txt", ".dat") else None)
    except (OSError, ValueError, IORegistryError) as error:
        raise ValueError(f"Expected a table that astropy reads, received {path} ({error})") from error
    names = {name.lower(): name for name in table.colnames} | {name: name for name in table.colnames}
    missing = [name for name in TABLE_UNITS if name not in names]
    if missing:
        raise ValueError(
            f"Expected columns {', '.join(TABLE_UNITS)} in {path}, received {', '.join(table.colnames)}"
        )
    numbers = {name: _numbers(table[names[name]], unit, path) for name, unit in TABLE_UNITS.items()}
    ids = _texts(table[names["id"]]) if "id" in names else [str(row) for row in range(len(table))]
    classes = [_class(text) for text in _texts(table[names["class"]])] if "class" in names else ""
    return pd.DataFrame(numbers | {"truth_id": ids}).assign(**{"class": classes})


def _numbers(column: Column, unit: units.Unit, path: Path) -> np.ndarray:
    """Return a column as numbers in a unit, which is taken to be its own if it has none; NaN where masked."""
    try:
        values = np.ma.filled(np.ma.asarray(column.data).astype(float), np.nan)
        return units.Quantity(values, column.unit or unit).to_value(unit)
    except (ValueError, TypeError) as error:
        raise ValueError(f"Expected column {column.name} of {path} in {unit}, received {error}") from error


def _texts(column: Column) -> list[str]:
    """Return a column as texts without blanks around them, empty where masked."""
    masked = np.ma.getmaskarray(np.ma.asarray(column.data))
    texts = [
        value.decode() if isinstance(value, bytes) else str(value) for value in np.ma.getdata(column.data)
    ]
    return ["" if hidden else text.strip() for text, hidden in zip(texts, masked, strict=True)]


def _class(text: str) -> str:
    """Return one of `CLASSES` for its name in any spelling or its SDC1 code, else nothing."""
    name = text.lower().replace("-", "_").replace(" ", "_")
    return name if name in CLASSES else dict(zip("123", CLASSES, strict=True)).get(name, "")


def _check(table: pd.DataFrame, path: Path) -> None:
    """Raise when a source has no usable position, flux or name of its own."""
    for name in ("ra", "dec", "total_flux"):
        _demand(np.isfinite(table[name]), f"a finite {name}", table[name], path)
    _demand(table["dec"].between(-90, 90), "dec from -90 to 90", table["dec"], path)
    _demand(~table["truth_id"].duplicated(), "each truth_id once", table["truth_id"], path)


def _demand(good: pd.Series, expected: str, received: pd.Series, path: Path) -> None:
    """Raise with the first value that is not good."""
    if not good.all():
        row = int(np.argmin(good))
        raise ValueError(f"Expected {expected} in {path}, received {received.iloc[row]} in source {row + 1}")
