"""Warn of implausible detections of a tile: those that contradict their own image.

A finder with a wrong beam or wrong coordinates does not fail: it returns wrong fluxes.
The bounds were measured with PyBDSF, with peaks and with the fits of `fitting` on images of SDC1 (560 MHz),
MeerKAT (simulated), ATCA (SCORPIO, in the Galactic plane), AMI, ASKAP (VAST, simulated) and the south pole,
and on simulated skies: sparse, crowded, and with half of the sources extended. None of these gives a warning.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.ndimage import label

from radiofind.catalogues.detections import Found, reason_to_skip
from radiofind.mosaics.field import Field, value_at

logger = logging.getLogger(__name__)

LEAST_SOURCES = 10
"""Fewest sources for a warning: among fewer, a single radio galaxy, artefact or tile edge would decide. With
ten, at least three sources must be odd to move a median or a quartile."""
DETECTED = 5.0
"""Lowest peak over noise of the sources and islands that count; below, most peaks are noise."""
ISLAND = 2.0
"""Lower limit of the pixels of an island, in units of the noise. A Gaussian of peak 5 has 0.6 of its flux
above 2, one of peak 20 has 0.9, so that sums over islands are only slightly below the truth."""
WELL_MEASURED = 10.0
"""Peak over noise above which total over peak flux scatters by less than 20 %."""
FLUX_RATIO = (0.3, 2.5)
"""Normal range of the sum of total fluxes over the flux of the image. Measured: 0.9 to 1.4, and 0.4 where
PyBDSF cannot fit the extended emission of the Galaxy."""
HEIGHT_RATIO = (0.5, 1.5)
"""Normal range of the median ratio of the pixel at a source to its peak flux. Measured: 0.9 to 1.1, and 0.7
for a beam of two pixels that falls between four of them."""
SIZE_RATIO = (0.6, 2.5)
"""Normal range of the lower quartile of total over peak flux. It is near 1 if a quarter of the sources is
unresolved, as in all but the sharpest images. Measured: 0.8 (noise narrows Gaussians too) to 1.2, but 3.7 if
all sources are larger than 1.5 beams."""
MOST_GAUSSIANS = 2.0
"""Highest normal median number of Gaussians per bright source. Measured: 1, or 4 with a beam seven times too
narrow."""
MOST_PER_BEAM = 1.0
"""Highest normal number of sources per beam. Not even noise peaks are denser: above twice the noise, 0.7."""


def check(found: Found, sky: Field) -> Found:
    """Return the result of the search of a tile with warnings of implausible values, for the report.

    Parameters
    ----------
    found
        Result of a finder of any kind; columns that it does not measure are NaN.
    sky
        The tile with its noise.
    """
    if found.failed or reason_to_skip(sky.pixels, sky.rms):
        return found
    table = found.detections
    sources = table[sky.tile.box.holds(table["x"], table["y"])]
    detected = sources[sources["peak_snr"] >= DETECTED]
    texts = (
        _of_sum(detected, sky),
        _of_heights(detected, sky),
        _of_sizes(detected),
        _of_gaussians(detected),
        _of_crowding(len(sources), sky),
    )
    warnings = tuple(filter(None, texts))
    for warning in warnings:
        logger.warning("%s of %s: %s", sky.tile.name, sky.mosaic, warning)
    return replace(found, warnings=warnings)


def _of_sum(detected: pd.DataFrame, sky: Field) -> str:
    """Return the warning about the sum of the total fluxes."""
    fluxes, (in_image, n_islands) = detected["apparent_total_flux"].dropna(), _islands(sky)
    # Islands count too, since the finder may have missed most of the sources in the image.
    if max(len(fluxes), n_islands) < LEAST_SOURCES or not in_image > 0:
        return ""
    # Finders without sizes give the flux of a point source, which misses extended emission.
    point_like = len(detected) > 0 and detected["major"].isna().all()
    bounds = (-np.inf if point_like else FLUX_RATIO[0], FLUX_RATIO[1])
    what = "total fluxes add up to {} times the flux of the image"
    cause = "check beam and coordinates of the image, extended emission, and the finder's threshold"
    return _warning(what, fluxes.sum() / in_image, bounds, cause)


def _of_heights(detected: pd.DataFrame, sky: Field) -> str:
    """Return the warning about the pixels at the positions of the sources."""
    x, y = detected["x"].to_numpy(), detected["y"].to_numpy()
    heights = value_at(sky.pixels - sky.mean, x, y, sky.tile.box)
    ratios = (heights / detected["apparent_peak_flux"]).dropna()
    what = "at the median source, the image has {} times the peak flux of the catalogue"
    cause = "check coordinates and unit of the image"
    return _warning(what, ratios.median(), HEIGHT_RATIO, cause) if len(ratios) >= LEAST_SOURCES else ""


def _of_sizes(detected: pd.DataFrame) -> str:
    """Return the warning about total over peak flux."""
    single = detected[(detected["peak_snr"] >= WELL_MEASURED) & (detected["n_components"] == 1)]
    ratios = (single["apparent_total_flux"] / single["apparent_peak_flux"]).dropna()
    what = "the lowest quartile of total over peak flux of bright single sources is {}"
    cause = "check the beam of the image, unless nearly all its sources are extended"
    return _warning(what, ratios.quantile(0.25), SIZE_RATIO, cause) if len(ratios) >= LEAST_SOURCES else ""


def _of_gaussians(detected: pd.DataFrame) -> str:
    """Return the warning about the number of Gaussians per source."""
    bright = detected[(detected["peak_snr"] >= WELL_MEASURED) & (detected["n_components"] > 0)]
    what = "the median bright source is made of {} Gaussians"
    cause = "check beam and coordinates of the image"
    bounds = (-np.inf, MOST_GAUSSIANS)
    return (
        _warning(what, bright["n_components"].median(), bounds, cause) if len(bright) >= LEAST_SOURCES else ""
    )


def _of_crowding(n_sources: int, sky: Field) -> str:
    """Return the warning about the number of sources."""
    if n_sources < LEAST_SOURCES:
        return ""
    beams = np.isfinite(sky.pixels).sum() / sky.beam_area_pixels
    what, cause = (
        "there are {} sources per beam",
        "check the beam of the image and the threshold of the finder",
    )
    return _warning(what, n_sources / beams, (-np.inf, MOST_PER_BEAM), cause)


def _islands(sky: Field) -> tuple[float, int]:
    """Return the total flux in Jy and the number of islands with a detected peak."""
    height = sky.pixels - sky.mean
    with np.errstate(invalid="ignore"):
        islands, n_islands = label(height > ISLAND * sky.rms)
        peaks = islands[height > DETECTED * sky.rms]
    counts = np.zeros(n_islands + 1, dtype=bool)
    counts[peaks] = True
    return float(height[counts[islands]].sum(dtype=float)) / sky.beam_area_pixels, int(counts.sum())


def _warning(what: str, value: float, bounds: tuple[float, float], cause: str) -> str:
    """Return a warning with a value and its normal range, or an empty text if the value is normal."""
    lowest, highest = bounds
    if lowest <= value <= highest:
        return ""
    normal = f"{lowest:g} to {highest:g}" if np.isfinite(lowest) else f"at most {highest:g}"
    # Two digits without an exponent: 550, not 5.5e+02.
    rounded = f"{float(f'{value:.2g}'):g}"
    return f"{what.format(rounded)} (normal: {normal}): {cause}"
