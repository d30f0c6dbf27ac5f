"""Correct numbers of sources by flux for what was missed and mismeasured, from fake sources.

The correction of a bin is the number of fake sources injected in it over the number found with a measured
flux in it, both weighted to the counts of the sky. It holds completeness, flux bias and the scatter between
bins together, so neither the visibility area nor corrected fluxes may be applied with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from radiofind.evaluation.count_weights import count_weights

LEAST_INJECTED = 100
"""Fake sources in a bin without which its correction is not trusted; of a bin above the injected range, those
in the upper half of the range."""
LEAST_FOUND = 0.6
"""Least number found over number injected that is trusted, as in LoTSS DR3 (A&A 707, A198)."""
BEYOND = 0.9
"""Fraction of a bin above the injected range from which on the whole bin is."""
MOST_ABOVE, LEAST_AT_TOP = 0.1, 0.9
"""Largest part of a bin above the injected range, and least part found in its upper half (`is_guessed`)."""
DEGREE, LEAST_BINS = 3, 6
"""Degree of the polynomial through the counts, and fewest bins for it."""
COLUMNS = ("n_injected", "n_found", "correction", "e_correction", "trusted")
"""Columns of `correct_counts`."""


@dataclass(frozen=True)
class FakeSources:
    """Fake sources at random positions of a survey, arrays of shape (n,), and how their fluxes were drawn."""

    rms: np.ndarray
    """Noise after the primary beam, Jy/beam."""
    snr: np.ndarray
    """Injected total flux over noise."""
    found_flux: np.ndarray
    """Measured flux after the primary beam, Jy; NaN of those that were not found."""
    area: np.ndarray
    """Area of the sky for which each stands, in any unit: mosaics with wide beams have fewer sources."""
    slope: float
    """Exponent of the fluxes, dN/dS ~ S^-slope."""
    flux_snr: tuple[float, float]
    """Range of the fluxes in units of the noise."""

    @property
    def flux(self) -> np.ndarray:
        """The true flux, Jy."""
        return self.snr * self.rms

    def weights(self, exponent: float) -> np.ndarray:
        """Return the weights with which the sources stand for dN/dS = S^-exponent at each of their places."""
        weights = count_weights(self.snr, slope=self.slope, counts_slope=exponent)
        weights = weights * self.area * self.rms ** (1 - exponent)
        lowest, highest = (edge * self.rms for edge in self.flux_snr)
        return weights * (self.area @ _integral(lowest, highest, exponent) / weights.sum())

    def where(self, chosen: np.ndarray) -> FakeSources:
        """Return some of the sources: `chosen` is a mask, or their numbers."""
        arrays = {name: getattr(self, name)[chosen] for name in ("rms", "snr", "found_flux", "area")}
        return replace(self, **arrays)

    def beyond(self, low: float, high: float, exponent: float) -> tuple[float, float]:
        """Return how many sources of dN/dS = S^-exponent between two fluxes are below and above the range.

        In the units of `weights`.
        """
        lowest, highest = (edge * self.rms for edge in self.flux_snr)
        below = self.area @ _integral(low, np.clip(lowest, low, high), exponent)
        return below, self.area @ _integral(np.clip(highest, low, high), high, exponent)

    def at_top(self) -> tuple[float, float, int]:
        """Return found part, median flux ratio and number of the sources in the upper half of the range.

        Without any, the first two are 1.
        """
        top = self.snr > self.flux_snr[1] / 2
        ratios = (self.found_flux / self.flux)[top]
        seen = np.isfinite(ratios)
        if not len(seen):
            return 1.0, 1.0, 0
        part = np.average(seen, weights=self.area[top])
        return part, np.median(ratios[seen]) if seen.any() else 1.0, len(seen)


def correct_counts(fakes: FakeSources, edges: np.ndarray, *, counts_slopes: np.ndarray) -> pd.DataFrame:
    """Return the correction of each bin of flux.

    Parameters
    ----------
    fakes
        The fake sources.
    edges
        Edges of the bins, Jy, shape (n + 1,).
    counts_slopes
        Exponent q of the counts of the sky around each bin, dN/dS ~ S^-q, shape (n,).

    Returns
    -------
    pandas.DataFrame
        ``n_injected`` in each bin and ``n_found`` with a measured flux in it, ``correction``, its standard
        error ``e_correction`` and ``trusted`` (see the constants), n rows. NaN where nothing is found.

    Notes
    -----
    At a place with noise s, fluxes were drawn from flux_snr[0] s to flux_snr[1] s. Of the sources of the sky
    there, those below the range count as missed, and those above it as found like the fake sources in the
    upper half of the range: as many of them, with the median of their flux ratios. That is wrong where most
    sources of the upper half are missed, as large ones are; see `is_guessed`.
    """
    bins = zip(edges[:-1], edges[1:], counts_slopes, strict=True)
    rows = [_correction(fakes, *one) for one in bins] if len(fakes.snr) else [_unknown(0, 0) for _ in bins]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _correction(fakes: FakeSources, low: float, high: float, exponent: float) -> dict[str, object]:
    """Return the correction of a bin."""
    weights, (part, ratio, number) = fakes.weights(exponent), fakes.at_top()
    inside = (fakes.flux >= low) & (fakes.flux < high)
    seen = (fakes.found_flux >= low) & (fakes.found_flux < high)
    below, above = fakes.beyond(low, high, exponent)
    _, measured_above = fakes.beyond(low / ratio, high / ratio, exponent)
    total, found = below + weights[inside].sum() + above, weights[seen].sum() + part * measured_above
    row = _unknown(int(inside.sum()), int(seen.sum()))
    if found > 0:
        of_sources = np.square(weights * (inside / total - seen / found)).sum()
        of_part = (1 - part) * part / max(number, 1) * (measured_above / found) ** 2
        deciding = number if above >= BEYOND * total else row["n_injected"]
        row["correction"] = total / found
        row["e_correction"] = total / found * np.sqrt(of_sources + of_part)
        enough = deciding >= LEAST_INJECTED and found >= LEAST_FOUND * total
        row["trusted"] = bool(enough and not is_guessed(above / total, part))
    return row


def is_guessed(above: float, found_at_top: float) -> bool:
    """Return whether what is found of a bin is a guess, as it is above the range of the fake sources.

    Parameters
    ----------
    above
        Fraction of the sources of the bin that are above the range.
    found_at_top
        Fraction found in the upper half of the range. If most are found there, so are those above.
    """
    return above > MOST_ABOVE and found_at_top < LEAST_AT_TOP


def _unknown(n_injected: int, n_found: int) -> dict[str, object]:
    """Return a bin without a correction."""
    return dict(zip(COLUMNS, (n_injected, n_found, np.nan, np.nan, False), strict=True))


def fit_slopes(edges: np.ndarray, *, n: np.ndarray, correction: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Return the exponents of the counts around each bin, from a polynomial through the corrected counts.

    Parameters
    ----------
    edges
        Edges of the bins, Jy, shape (n + 1,).
    n, correction
        Sources in each bin, and what they are multiplied by, shape (n,).
    slopes
        Returned if fewer than `LEAST_BINS` bins have sources of which at least `LEAST_FOUND` are found.
    """
    x = np.log10(edges[:-1] * edges[1:]) / 2
    used = (n > 0) & (correction <= 1 / LEAST_FOUND)
    if used.sum() < LEAST_BINS:
        return slopes
    logs = np.log10((n * correction / np.diff(edges))[used])
    fit = np.polynomial.Polynomial.fit(x[used], logs, DEGREE, w=np.sqrt(n[used]))
    return -fit.deriv()(np.clip(x, x[used].min(), x[used].max()))


def _integral(low: np.ndarray | float, high: np.ndarray | float, exponent: float) -> np.ndarray:
    """Return the integral of S^-exponent from `low` to `high`."""
    power = 1 - exponent
    return np.log(high / low) if abs(power) < 1e-6 else (high**power - low**power) / power
