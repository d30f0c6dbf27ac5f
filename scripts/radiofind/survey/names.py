"""Name sources after their positions by the rule of the IAU."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

RA_UNITS = 24_000
"""Hundredths of a second of time in a degree of right ascension."""
DEC_UNITS = 36_000
"""Tenths of an arcsec in a degree of declination."""
CLOSE = 1e-6
"""Numbers of units nearer to a whole number than this are worked out in decimals: products of floats are
wrong by 2e-9 at most."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def iau_names(ra: np.ndarray, dec: np.ndarray, *, prefix: str) -> np.ndarray:
    """Return names such as ``LBAS J123456.78+012345.6``.

    Parameters
    ----------
    ra, dec
        Positions (ICRS, deg), shape (n,).
    prefix
        The acronym of the survey.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        All different.

    Notes
    -----
    Digits are truncated, never rounded, as the IAU asks (cds.unistra.fr/Dic/iau-spec.html), from the decimals
    of a coordinate as they are printed. Sources with the same digits get the letters a, b, ... in the order
    of right ascension and then declination: which of them is which depends on nothing but positions.
    """
    ra, dec = np.mod(ra, 360) % 360, np.asarray(dec, dtype=float)
    hours = _sexagesimal(_units(ra, RA_UNITS) % (360 * RA_UNITS), fraction=100)
    degrees = _sexagesimal(_units(np.abs(dec), DEC_UNITS), fraction=10)
    signs = np.where(dec < 0, "-", "+")
    parts = zip(hours, signs, degrees, strict=True)
    names = pd.Series([f"{prefix} J{hour}{sign}{degree}" for hour, sign, degree in parts], dtype=object)
    return _told_apart(names, ra, dec).to_numpy()


def _units(angles: np.ndarray, per_degree: int) -> np.ndarray:
    """Return how many whole units of so many a degree there are in angles, which are positive."""
    products = angles * per_degree
    whole = np.floor(products).astype(np.int64)
    # The float next to 0.3 is smaller than 0.3; the name is made of the digits that a table shows.
    for place in np.flatnonzero(np.abs(products - np.rint(products)) < CLOSE):
        whole[place] = int(Decimal(repr(float(angles[place]))) * per_degree)
    return whole


def _sexagesimal(units: np.ndarray, *, fraction: int) -> list[str]:
    """Return units as hours (or degrees), minutes and seconds; `fraction` of them make a second."""
    seconds, rest = np.divmod(units, fraction)
    minutes, seconds = np.divmod(seconds, 60)
    hours, minutes = np.divmod(minutes, 60)
    digits = len(str(fraction)) - 1
    parts = zip(hours.tolist(), minutes.tolist(), seconds.tolist(), rest.tolist(), strict=True)
    return [f"{hour:02d}{minute:02d}{second:02d}.{left:0{digits}d}" for hour, minute, second, left in parts]


def _told_apart(names: pd.Series, ra: np.ndarray, dec: np.ndarray) -> pd.Series:
    """Return the names with letters where several sources have the same."""
    shared = np.flatnonzero(names.duplicated(keep=False))
    shared = shared[np.lexsort((dec[shared], ra[shared]))]
    rank = names.iloc[shared].groupby(names.iloc[shared]).cumcount()
    letters = [LETTERS[place] if place < len(LETTERS) else f"z{place}" for place in rank]
    names.iloc[shared] = names.iloc[shared] + letters
    return names
