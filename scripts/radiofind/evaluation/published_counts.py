"""Published source counts: polynomials, scaled from their frequency to that of a survey."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ALPHA = -0.7
"""Spectral index with which fluxes are scaled, S ~ frequency^alpha."""


@dataclass(frozen=True)
class PublishedCounts:
    """Euclidean source counts log10(S^2.5 dN/dS) = sum of a_i x^i, in Jy^1.5/sr, x = log10(S / unit)."""

    source: str
    """Reference and frequency."""
    frequency_hz: float
    """Frequency."""
    unit_jy: float
    """Unit of the fluxes in x."""
    lowest_jy: float
    """Lowest flux of the fit."""
    highest_jy: float
    """Highest flux of the fit."""
    coefficients: tuple[float, ...]
    """a_0, a_1 and so on."""

    def at(self, flux: np.ndarray, *, frequency_hz: float) -> np.ndarray:
        """Return the counts at another frequency, Jy^1.5/sr; NaN outside the range of the fit.

        Parameters
        ----------
        flux
            Fluxes at that frequency, Jy.
        frequency_hz
            The frequency. Fluxes are scaled with `ALPHA`, so counts have a factor of the flux to the 1.5.
        """
        scale = (frequency_hz / self.frequency_hz) ** ALPHA
        own = np.asarray(flux, dtype=float) / scale
        inside = (own >= self.lowest_jy) & (own <= self.highest_jy)
        x = np.log10(np.where(inside, own, np.nan) / self.unit_jy)
        return scale**1.5 * 10 ** np.polynomial.polynomial.polyval(x, self.coefficients)


HOPKINS = PublishedCounts(
    *("Hopkins et al. 2003, 1.4 GHz", 1.4e9, 1e-3, 0.05e-3, 1.0),
    (0.859, 0.508, 0.376, -0.049, -0.121, 0.057, -0.008),
)
FRANZEN = PublishedCounts(
    *("Franzen et al. 2019, 154 MHz", 154e6, 1.0, 1e-3, 75.0),
    (3.52, 0.307, -0.388, -0.0404, 0.0351, 0.00600),
)
MANDAL = PublishedCounts(
    *("Mandal et al. 2021, 150 MHz", 150e6, 1e-3, 0.22e-3, 10.0),
    (1.655, -0.1150, 0.2272, 0.51788, -0.449661, 0.160265, -0.028541, 0.002041),
)
PUBLISHED = (HOPKINS, FRANZEN, MANDAL)


def nearest_counts(frequency_hz: float) -> PublishedCounts | None:
    """Return the published counts of the nearest frequency (by ratio); None if the frequency is unknown."""
    if not frequency_hz > 0:
        return None
    return min(PUBLISHED, key=lambda one: abs(np.log(one.frequency_hz / frequency_hz)))
