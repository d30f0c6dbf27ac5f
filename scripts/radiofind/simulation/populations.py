"""Draw radio sources with the statistics of the truth of the first SKA Data Challenge (SDC1).

The tables were measured on the released 560 MHz, 1000 h truth list, on the sources inside its image
(67.9 arcmin2, 11,886 sources). No row of that list is copied. Fluxes in the tables are at 560 MHz.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

SS_AGN, FS_AGN, SFG = 1, 2, 3
"""Class codes of SDC1: steep-spectrum AGN, flat-spectrum AGN, star-forming galaxy."""

LOBED, GAUSSIAN, DISC = 1, 2, 3
"""Size codes of SDC1: largest angular size, Gaussian FWHM, exponential disc."""

QUANTILES = (0, 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98, 1)
"""The quantiles at which sizes, axis ratios and core fractions are tabulated."""

TABLE_MHZ = 560.0
"""Frequency of the tables."""

BRIGHTEST_JY = 10.0
"""Upper end of the extrapolated counts, at 560 MHz."""

DISC_PIXELS = 3.0
"""Mean scale length, in pixels, above which a star-forming galaxy is a disc in SDC1, not a Gaussian."""

LOBED_PIXELS = 3.4
"""Size, in pixels, above which a steep-spectrum AGN has lobes in SDC1: between 3.30 and 3.43 in the list."""

LOBE_OFFSET = 0.2
"""Distance of each lobe from the core over the largest angular size, so that both lobes fit into it."""

LOBE_SHARES = (0.3, 0.7)
"""Range of the fraction of one lobe in the flux outside the core: reproduces the median offset between core
and centroid in the list."""


@dataclass(frozen=True)
class Population:
    """One class of sources: its counts, spectrum and shapes."""

    code: int
    """Class code of SDC1."""
    spectral_index: float
    """Exponent of the flux with frequency."""
    flux_jy: tuple[float, ...]
    """Nodes of the counts, Jy at 560 MHz; the first is the faintest source."""
    per_arcmin2: tuple[float, ...]
    """Sources brighter than each node."""
    bright_slope: float
    """Exponent of the cumulative counts beyond the last node, where the list has too few sources."""
    shape_flux_jy: tuple[float, ...]
    """Nodes of the shapes, Jy at 560 MHz; beyond the first and last node shapes are constant."""
    size_arcsec: tuple[tuple[float, ...], ...]
    """Quantiles of the size at each node: FWHM, sqrt(2) x scale length (discs), or largest size (lobes)."""
    axis_ratio: tuple[tuple[float, ...], ...]
    """Quantiles of minor over major axis at each node."""
    core_fraction: tuple[float, ...] = (0.0,) * len(QUANTILES)
    """Quantiles of the fraction of the flux in the core."""


def _per_arcmin2(total: float, fractions: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(total * fraction for fraction in fractions)


STAR_FORMING = Population(
    code=SFG,
    spectral_index=-0.7,
    flux_jy=(
        *(5.78e-8, 1.0e-7, 1.04e-7, 1.11e-7, 1.25e-7, 1.66e-7, 2.61e-7, 4.35e-7, 8.36e-7),
        *(1.46e-6, 2.99e-6, 4.98e-6, 1.09e-5, 2.17e-5, 4.87e-5, 1.02e-4),
    ),
    per_arcmin2=_per_arcmin2(
        165.9, (1, 0.992, 0.98, 0.95, 0.9, 0.8, 0.65, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05, 0.025, 0.01, 0.003)
    ),
    bright_slope=-1.5,
    shape_flux_jy=(1.17e-7, 2.07e-7, 4.34e-7, 9.43e-7, 2.33e-6, 6.07e-6, 1.47e-5, 3.21e-5, 6.57e-5, 1.47e-4),
    size_arcsec=(
        (0.021, 0.041, 0.059, 0.083, 0.123, 0.184, 0.284, 0.588, 3.95),
        (0.022, 0.045, 0.068, 0.097, 0.141, 0.21, 0.315, 0.56, 2.11),
        (0.023, 0.058, 0.084, 0.12, 0.173, 0.255, 0.378, 0.678, 4.05),
        (0.04, 0.076, 0.113, 0.161, 0.228, 0.342, 0.502, 0.868, 3.86),
        (0.053, 0.122, 0.175, 0.239, 0.345, 0.503, 0.701, 1.22, 2.83),
        (0.113, 0.195, 0.28, 0.37, 0.546, 0.778, 1.03, 1.67, 2.98),
        (0.196, 0.344, 0.486, 0.707, 0.999, 1.45, 2.07, 2.88, 6.12),
        (0.264, 0.489, 0.651, 1.05, 1.48, 1.94, 2.54, 4.24, 5.89),
        (0.989, 1.05, 1.21, 1.75, 2.41, 3.38, 4.4, 7.33, 15.9),
        (2.26, 2.28, 2.53, 2.92, 4.21, 5.71, 9.56, 21.7, 31),
    ),
    axis_ratio=(
        (0.213, 0.421, 0.523, 0.613, 0.684, 0.741, 0.793, 0.851, 0.965),
        (0.173, 0.368, 0.473, 0.556, 0.628, 0.69, 0.745, 0.811, 0.929),
        (0.156, 0.313, 0.414, 0.49, 0.571, 0.632, 0.68, 0.739, 0.873),
        (0.108, 0.266, 0.352, 0.427, 0.505, 0.572, 0.618, 0.674, 0.773),
        (0.0966, 0.213, 0.299, 0.361, 0.444, 0.511, 0.567, 0.624, 0.724),
        (0.0419, 0.163, 0.233, 0.284, 0.366, 0.439, 0.494, 0.561, 0.641),
        (0.0755, 0.125, 0.18, 0.233, 0.315, 0.383, 0.432, 0.517, 0.644),
        (0.0771, 0.113, 0.152, 0.182, 0.258, 0.334, 0.376, 0.489, 0.818),
        (0.0524, 0.0725, 0.116, 0.152, 0.193, 0.251, 0.331, 0.565, 0.709),
        (0.0761, 0.0762, 0.0923, 0.107, 0.175, 0.224, 0.273, 0.414, 0.64),
    ),
)

STEEP_SPECTRUM = Population(
    code=SS_AGN,
    spectral_index=-0.7,
    flux_jy=(
        *(9.04e-9, 1.34e-8, 1.6e-8, 1.97e-8, 2.89e-8, 4.53e-8, 8.71e-8),
        *(2.02e-7, 3.98e-7, 1.21e-6, 3.16e-6, 2.27e-5, 1.05e-4),
    ),
    per_arcmin2=_per_arcmin2(5.343, (1, 0.98, 0.95, 0.9, 0.8, 0.65, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05, 0.025)),
    bright_slope=-0.8,
    shape_flux_jy=(2.06e-8, 5.17e-8, 1.83e-7, 5.66e-7, 2.45e-6, 6.97e-5),
    size_arcsec=(
        (2.07, 2.5, 3.44, 4.93, 9.63, 16.2, 22.6, 31.9, 45.5),
        (0.276, 2.32, 3.55, 5.9, 11.2, 18.8, 29.4, 45.5, 69.6),
        (0.064, 0.356, 1.27, 5.13, 13.9, 29.9, 53.9, 88.7, 135.0),
        (1.26, 1.68, 3.01, 4.71, 12.0, 26.0, 72.2, 148.0, 173.0),
        (0.639, 0.648, 1.83, 7.73, 10.5, 22.7, 37.4, 79.5, 88.6),
        (0.526, 0.667, 1.15, 4.04, 12.0, 23.6, 49.0, 54.0, 55.6),
    ),
    axis_ratio=((0.2, 0.292, 0.401, 0.468, 0.589, 0.731, 0.88, 0.964, 0.996),) * 6,
    core_fraction=(0, 0, 0, 0, 0.0034, 0.0139, 0.0415, 0.212, 0.317),
)

FLAT_SPECTRUM = Population(
    code=FS_AGN,
    spectral_index=0.0,
    flux_jy=(
        *(1.0e-7, 1.04e-7, 1.07e-7, 1.17e-7, 1.36e-7, 1.82e-7),
        *(2.44e-7, 3.87e-7, 6.05e-7, 9.98e-7, 2.43e-6, 9.26e-6),
    ),
    per_arcmin2=_per_arcmin2(3.65, (1, 0.98, 0.95, 0.9, 0.8, 0.65, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05)),
    bright_slope=-0.8,
    shape_flux_jy=(2.44e-7,),
    size_arcsec=((0.001, 0.001, 0.001, 0.004, 0.017, 0.041, 0.121, 0.446, 2.2),),
    axis_ratio=((1.0,) * len(QUANTILES),),
    core_fraction=(0.487, 0.556, 0.63, 0.693, 0.758, 0.808, 0.867, 0.934, 1.0),
)

POPULATIONS = (STEEP_SPECTRUM, FLAT_SPECTRUM, STAR_FORMING)


def count_above(population: Population, flux_jy: np.ndarray) -> np.ndarray:
    """Return the cumulative counts: sources per arcmin2 brighter than each flux.

    Parameters
    ----------
    population
        The class of sources.
    flux_jy : ndarray, shape (n,)
        Fluxes, Jy at 560 MHz.

    Returns
    -------
    ndarray, shape (n,)
    """
    log_flux, log_count = _count_nodes(population)
    return 10 ** np.interp(np.log10(flux_jy), log_flux, log_count, right=-np.inf)


def flux_scale(population: Population, frequency_mhz: float) -> float:
    """Return the factor from fluxes of a class at 560 MHz to those at another frequency.

    Parameters
    ----------
    population
        The class of sources.
    frequency_mhz
        The other frequency, MHz.
    """
    return (frequency_mhz / TABLE_MHZ) ** population.spectral_index


def draw_sources(
    rng: np.random.Generator,
    *,
    columns: int,
    rows: tuple[int, int],
    pixel_arcsec: float,
    frequency_mhz: float,
    density: float = 1.0,
    faintest_jy: float = 0.0,
) -> pd.DataFrame:
    """Return random sources whose centroids lie in a range of rows of an image.

    Parameters
    ----------
    rng
        Source of random numbers.
    columns
        Width of the image, pixels.
    rows
        First row and the row after the last.
    pixel_arcsec
        Size of a pixel, arcsec. It also decides which sources are extended (codes 1 and 3), as in SDC1.
    frequency_mhz
        Frequency of the fluxes, MHz.
    density
        Factor on the counts.
    faintest_jy
        Flux below which no source is drawn, Jy at this frequency.

    Returns
    -------
    pandas.DataFrame
        ``x_cent``, ``y_cent``, ``x_core``, ``y_core`` (pixels, pixel centres at integers), ``flux`` (Jy),
        ``core_frac``, ``b_maj``, ``b_min`` (arcsec), ``pa`` (deg, clockwise from due west), ``size`` and
        ``class`` (codes of SDC1), ``lobe_share`` (of the lobe towards ``pa``).
    """
    area_arcmin2 = columns * (rows[1] - rows[0]) * (pixel_arcsec / 60) ** 2
    drawn = []
    for population in POPULATIONS:
        scale = flux_scale(population, frequency_mhz)
        faintest = max(faintest_jy / scale, population.flux_jy[0])
        brighter = count_above(population, np.array([faintest]))[0]
        count = rng.poisson(density * area_arcmin2 * brighter)
        sources = _draw_shapes(rng, population, count, pixel_arcsec, per_arcmin2=brighter)
        sources["flux"] *= scale
        sources["x_cent"] = rng.uniform(-0.5, columns - 0.5, count)
        sources["y_cent"] = rng.uniform(rows[0] - 0.5, rows[1] - 0.5, count)
        drawn.append(sources)
    return _with_cores(pd.concat(drawn, ignore_index=True), pixel_arcsec)


def _count_nodes(population: Population) -> tuple[np.ndarray, np.ndarray]:
    """Return log flux and log cumulative counts, extended by the power law to the brightest flux."""
    log_flux = np.log10([*population.flux_jy, BRIGHTEST_JY])
    log_count = np.log10(population.per_arcmin2)
    last = log_count[-1] + population.bright_slope * (log_flux[-1] - log_flux[-2])
    return log_flux, np.append(log_count, last)


def _draw_shapes(
    rng: np.random.Generator, population: Population, count: int, pixel_arcsec: float, *, per_arcmin2: float
) -> pd.DataFrame:
    """Return the brightest sources of a class with fluxes at 560 MHz, shapes and codes, without positions."""
    log_flux, log_count = _count_nodes(population)
    ranks = np.log10(1 - rng.random(count)) + np.log10(per_arcmin2)
    flux = 10 ** np.interp(ranks, log_count[::-1], log_flux[::-1])
    size = _draw_from_quantiles(rng, flux, population.shape_flux_jy, population.size_arcsec)
    minor = size * _draw_from_quantiles(rng, flux, population.shape_flux_jy, population.axis_ratio)
    code = _size_code(population.code, size, minor, pixel_arcsec)
    listed = np.where(code == DISC, np.sqrt(0.5), 1.0)
    core = np.interp(rng.random(count), QUANTILES, population.core_fraction)
    return pd.DataFrame(
        {
            "flux": flux,
            "core_frac": np.where((population.code == SS_AGN) & (code == GAUSSIAN), 0.0, core),
            "b_maj": size * listed,
            "b_min": minor * listed,
            "pa": rng.uniform(-90, 90, count) if population.code == SFG else rng.uniform(0, 360, count),
            "size": code,
            "class": population.code,
            "lobe_share": rng.uniform(*LOBE_SHARES, count),
        }
    )


def _draw_from_quantiles(
    rng: np.random.Generator, flux: np.ndarray, nodes: tuple[float, ...], table: tuple[tuple[float, ...], ...]
) -> np.ndarray:
    """Return one random value per flux, interpolated between quantiles and between flux nodes."""
    rank = rng.random(len(flux))
    values = np.array([np.interp(rank, QUANTILES, np.log(row)) for row in table])
    place = np.interp(np.log(flux), np.log(nodes), np.arange(len(nodes)))
    low = np.minimum(place.astype(int), max(len(nodes) - 2, 0))
    high = np.minimum(low + 1, len(nodes) - 1)
    here = np.arange(len(flux))
    return np.exp(values[low, here] * (1 - (place - low)) + values[high, here] * (place - low))


def _size_code(class_code: int, major: np.ndarray, minor: np.ndarray, pixel_arcsec: float) -> np.ndarray:
    """Return the size code of SDC1, which depends on the size in pixels."""
    if class_code == SFG:
        scale = np.sqrt(major * minor / 2)
        return np.where(scale > DISC_PIXELS * pixel_arcsec, DISC, GAUSSIAN)
    if class_code == SS_AGN:
        return np.where(major > LOBED_PIXELS * pixel_arcsec, LOBED, GAUSSIAN)
    return np.full(len(major), GAUSSIAN)


def _with_cores(sources: pd.DataFrame, pixel_arcsec: float) -> pd.DataFrame:
    """Return the sources with the positions of their cores, off the centroid if the lobes are unequal."""
    lobed = (sources["size"] == LOBED).to_numpy()
    imbalance = (1 - sources["core_frac"]) * (2 * sources["lobe_share"] - 1) * lobed
    shift = imbalance * LOBE_OFFSET * sources["b_maj"] / pixel_arcsec
    angle = np.radians(sources["pa"])
    return sources.assign(
        x_core=sources["x_cent"] - shift * np.cos(angle), y_core=sources["y_cent"] + shift * np.sin(angle)
    )
