"""Name sources after their positions by the rule of the IAU."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa

RA_UNITS = 24_000
"""Hundredths of a second of time in a degree of right ascension."""
DEC_UNITS = 36_000
"""Tenths of an arcsec in a degree of declination."""
CELL_ARCSEC = 0.2
"""No two positions whose names have the same digits are so far apart."""
CLOSE = 1e-6
"""Numbers of units nearer to a whole number than this are worked out in decimals: products of floats are
wrong by 2e-9 at most."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def iau_names(ra: np.ndarray, dec: np.ndarray, *, prefix: str) -> pd.Series:
    """Return names such as ``LBAS J123456.78+012345.6``.

    Parameters
    ----------
    ra, dec
        Positions (ICRS, deg), shape (n,).
    prefix
        The acronym of the survey, in ASCII.

    Returns
    -------
    pandas.Series of str, shape (n,)
        All different.

    Notes
    -----
    Digits are truncated, never rounded, as the IAU asks (cds.unistra.fr/Dic/iau-spec.html), from the decimals
    of a coordinate as they are printed. Sources with the same digits get the letters a, b, ... in the order
    of right ascension and then declination: which of them is which depends on nothing but positions.
    """
    ra, dec = _on_sky(ra, dec)
    east, north = _whole_units(ra, dec)
    signs = np.where(dec < 0, ord("-"), ord("+"))[:, np.newaxis]
    start = np.frombuffer(f"{prefix} J".encode("ascii"), dtype=np.uint8)
    letters = [
        np.tile(start, (len(ra), 1)),
        _sexagesimal(east, decimals=2),
        signs,
        _sexagesimal(north, decimals=1),
    ]
    return _told_apart(_texts(np.hstack(letters)), _cells(east, north, dec), ra, dec)


def name_cells(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return a number for each position (deg), the same for those whose names have the same digits."""
    ra, dec = _on_sky(ra, dec)
    return _cells(*_whole_units(ra, dec), dec)


def _on_sky(ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return positions with a right ascension from 0 to less than 360 deg."""
    # The remainder of a tiny negative number is 360.
    return np.mod(ra, 360) % 360, np.asarray(dec, dtype=float)


def _whole_units(ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the hundredths of a second and the tenths of an arcsec, without sign, of positions."""
    return _units(ra, RA_UNITS) % (360 * RA_UNITS), _units(np.abs(dec), DEC_UNITS)


def _cells(east: np.ndarray, north: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return a number for each combination of digits and sign."""
    return (2 * east + (dec < 0)) * (90 * DEC_UNITS + 1) + north


def _units(angles: np.ndarray, per_degree: int) -> np.ndarray:
    """Return how many whole units of so many a degree there are in angles, which are positive."""
    products = angles * per_degree
    whole = np.floor(products).astype(np.int64)
    # The float next to 0.3 is smaller than 0.3; the name is made of the digits that a table shows.
    for place in np.flatnonzero(np.abs(products - np.rint(products)) < CLOSE):
        whole[place] = int(Decimal(repr(float(angles[place]))) * per_degree)
    return whole


def _sexagesimal(units: np.ndarray, *, decimals: int) -> np.ndarray:
    """Return units of the last decimal of a second as hours (or degrees), minutes and seconds.

    Returns
    -------
    numpy.ndarray of int, shape (n, 7 + decimals)
        Codes of letters.
    """
    seconds, rest = np.divmod(units, 10**decimals)
    minutes, seconds = np.divmod(seconds, 60)
    hours, minutes = np.divmod(minutes, 60)
    parts = [(hours, 2), (minutes, 2), (seconds, 2), (rest, decimals)]
    digits = [part // 10**place % 10 + ord("0") for part, width in parts for place in reversed(range(width))]
    return np.column_stack([*digits[:6], np.full(len(units), ord(".")), *digits[6:]])


def _texts(letters: np.ndarray) -> pd.Series:
    """Return the texts made of codes of ASCII letters, shape (n, width)."""
    number, width = letters.shape
    ends = pa.py_buffer(width * np.arange(number + 1, dtype=np.int64))
    letters = pa.py_buffer(np.ascontiguousarray(letters, dtype=np.uint8))
    return pd.Series(pa.Array.from_buffers(pa.large_string(), number, [None, ends, letters]), dtype="str")


def _told_apart(names: pd.Series, cells: np.ndarray, ra: np.ndarray, dec: np.ndarray) -> pd.Series:
    """Return the names with letters where several sources have the same."""
    order = np.lexsort((dec, ra, cells))
    starts = np.diff(cells[order], prepend=-1) > 0
    first = np.flatnonzero(starts)[np.cumsum(starts) - 1]
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(len(names)) - first
    shared = np.flatnonzero(np.isin(cells, cells[rank > 0]))
    letters = [LETTERS[place] if place < len(LETTERS) else f"z{place}" for place in rank[shared]]
    names.iloc[shared] = names.iloc[shared] + pd.array(letters, dtype="str")
    return names
