"""Names are the truncated digits of positions, one for each source."""

from fractions import Fraction

import numpy as np
import pytest

from radiofind.survey.names import iau_names

ARCSEC, SECOND = 1 / 3600, 15 / 3600


def name_of(ra, dec):
    return iau_names(np.array([ra]), np.array([dec]), prefix="LBAS")[0]


@pytest.mark.parametrize(
    ("ra", "dec", "name"),
    [
        # The example of the IAU: 19h57m40.558s, +33d38'27.96".
        (299.418991667, 33.641100000, "LBAS J195740.55+333827.9"),
        (59.999 * SECOND, 59.999 * ARCSEC, "LBAS J000059.99+000059.9"),
        (360 - 0.005 * SECOND, -89.99999999, "LBAS J235959.99-895959.9"),
        (360 - 1e-9, 0.0, "LBAS J235959.99+000000.0"),
        (360.0, 90.0, "LBAS J000000.00+900000.0"),
        (-1e-13, -90.0, "LBAS J235959.99-900000.0"),
        (-1e-15, 0.0, "LBAS J000000.00+000000.0"),
        # The sign of a declination of less than a degree, and of less than its last digit.
        (0.0, -0.05 * ARCSEC, "LBAS J000000.00-000000.0"),
        (0.0, -0.0, "LBAS J000000.00+000000.0"),
        # The floats next to these decimals are a little less.
        (0.3, 0.3, "LBAS J000112.00+001800.0"),
        (187.7, 12.1, "LBAS J123048.00+120600.0"),
    ],
)
def test_digits_are_truncated(ra, dec, name):
    assert name_of(ra, dec) == name


def units_in(digits):
    """Seconds, or arcsec, of sexagesimal digits."""
    return int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + Fraction(digits[4:])


def test_the_digits_are_those_of_the_decimals_that_are_printed():
    rng = np.random.default_rng(1)
    # Many of them on the edge between two last digits.
    ra = np.concatenate([rng.uniform(0, 360, 200), rng.integers(360 * 24_000, size=200) / 24_000])
    dec = np.concatenate([rng.uniform(-90, 90, 200), rng.integers(-90 * 36_000, 90 * 36_000, 200) / 36_000])
    for name, east, north in zip(iau_names(ra, dec, prefix="LBAS"), ra, dec, strict=True):
        digits = name.removeprefix("LBAS J")
        seconds, arcsec = units_in(digits[:9]), units_in(digits[10:].rstrip("ab"))
        assert 0 <= Fraction(repr(float(east))) * 240 - seconds < Fraction(1, 100)
        assert 0 <= abs(Fraction(repr(float(north)))) * 3600 - arcsec < Fraction(1, 10)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 1, 0, 2]])
def test_sources_with_the_same_digits_get_letters_by_position_alone(order):
    ra = np.array([10.00001, 50.0, 10.00002, 10.00001])
    dec = np.array([0.00001, 0.0, 0.0, 0.00002])
    cell = "X-1 J004000.00+000000.0"
    expected = np.array([f"{cell}a", "X-1 J032000.00+000000.0", f"{cell}c", f"{cell}b"])
    assert list(iau_names(ra[order], dec[order], prefix="X-1")) == list(expected[order])


def test_names_are_unique_however_many_share_their_digits():
    assert len(set(iau_names(np.full(60, 10.0), np.linspace(1e-6, 2e-6, 60), prefix="ABC"))) == 60


def test_no_sources_have_no_names():
    assert len(iau_names(np.zeros(0), np.zeros(0), prefix="ABC")) == 0
