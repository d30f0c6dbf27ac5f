"""Noise that is drawn has the autocorrelation asked for, and what is measured does not depend on gaps."""

from __future__ import annotations

import numpy as np
import pytest

from radiofind.simulation.noise_fields import autocorrelation_of, draw_noise

LAG = 12


def wanted() -> np.ndarray:
    """An elongated beam in a negative bowl, as without short spacings."""
    y, x = np.mgrid[-LAG : LAG + 1, -LAG : LAG + 1]
    beam = np.exp(-(x**2 + 0.5 * x * y + 2 * y**2) / 6)
    bowl = np.exp(-(x**2 + y**2) / 24)
    return (beam - 0.1 * bowl) / 0.9


@pytest.fixture(scope="module")
def noise():
    return draw_noise(wanted(), size_pixels=700, generator=np.random.default_rng(1))


def test_noise_has_the_autocorrelation_asked_for(noise):
    assert noise.dtype == np.float32
    assert noise.std() == pytest.approx(1, rel=1e-4)
    np.testing.assert_allclose(autocorrelation_of(noise, largest_lag=LAG), wanted(), atol=0.03)


def test_gaps_do_not_change_what_is_measured(noise):
    holed = noise.copy()
    rng = np.random.default_rng(2)
    for row, column in rng.integers(0, 690, (800, 2)):
        holed[row : row + 12, column : column + 12] = np.nan
    assert 0.1 < np.isnan(holed).mean() < 0.3
    whole, found = (autocorrelation_of(one, largest_lag=LAG) for one in (noise, holed))
    np.testing.assert_allclose(found, whole, atol=0.02)


def test_the_autocorrelation_is_that_of_a_slow_version():
    image = np.random.default_rng(3).normal(2, 1, (9, 11))
    image[2, 3] = image[7, 0] = np.nan
    values = image - np.nanmean(image)
    found = autocorrelation_of(image, largest_lag=3)
    for dy in range(-3, 4):
        for dx in range(-3, 4):
            products = [
                values[y, x] * values[y + dy, x + dx]
                for y in range(9)
                for x in range(11)
                if 0 <= y + dy < 9 and 0 <= x + dx < 11
            ]
            assert found[dy + 3, dx + 3] == pytest.approx(np.nanmean(products), abs=1e-12)


def test_noise_needs_room_for_its_lags():
    with pytest.raises(ValueError, match="size_pixels.*25"):
        draw_noise(wanted(), size_pixels=24, generator=np.random.default_rng(1))
