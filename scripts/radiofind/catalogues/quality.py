"""Flag the sources of a tile whose measurements deserve a second look."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import maximum_filter

from radiofind.mosaics.field import Field, value_at
from radiofind.mosaics.gaussians import FWHM

UNFITTED = "unfitted"
"""Flag of an island to which no Gaussian could be fitted."""
LARGE_ISLAND = "large_island"
"""Flag of an island that PyBDSF cannot fit, measured from its pixels."""
FLUX_MISSING = "flux_missing"
"""Flag of the sources of an island whose fits hold less than `LEAST_FITTED` of its flux."""
AT_EDGE = "mosaic_edge"
"""Flag of a source at the edge of the mosaic."""
AT_BLANK = "near_blank"
"""Flag of a source next to blank pixels."""
UNDERSAMPLED = "undersampled"
"""Flag of a source where the beam is less than `FEWEST_PIXELS` wide."""
IMPLAUSIBLE = "implausible"
"""Flag of a source whose measurements contradict its image, or the beam."""

LEAST_FITTED = 0.5
"""Least part of the flux of a bright island that its fits should hold."""
FARTHEST = 12
"""Most pixels between a source and the blank pixels or the edge that it is next to: less than any halo, so
that no flag depends on the tiling."""
FEWEST_PIXELS = 2.0
"""Narrowest well-sampled beam (FWHM): beyond the highest frequency of the pixels is 3 % of the amplitude."""
WELL_MEASURED = 10.0
"""Peak over noise above which a source can be called implausible."""
HEIGHT_RATIO = (0.5, 1.5)
"""Plausible ratio of the pixel at a source of one component to its peak flux."""
LEAST_RATIO = 0.5
"""Lowest plausible ratio of total to peak flux: below, the source is much narrower than the beam."""


def flags_of(table: pd.DataFrame, sky: Field) -> list[str]:
    """Return the flags of sources as words separated by commas.

    Parameters
    ----------
    table
        Columns of a detection table; the ``flags`` of the finder come first. Optional: ``at_edge`` and
        ``at_blank``, whether the island of each source touches the edge of the mosaic and blank pixels, and
        ``fitted``, the part of its flux that is in Gaussians. Without the first two, a source within a beam
        of edge or blank pixels is next to them (see `FARTHEST`).
    sky
        The tile.
    """
    x, y = table["x"].to_numpy(), table["y"].to_numpy()
    beams = FWHM * np.sqrt(np.linalg.eigvalsh(sky.header.beam_pixels_at(x, y)).reshape(-1, 2))
    reach = int(np.clip(np.ceil(FWHM * np.sqrt(np.linalg.norm(sky.header.beam_pixels, 2))), 1, FARTHEST))
    words = {
        AT_EDGE: table["at_edge"] if "at_edge" in table else _is_at_edge(x, y, sky, reach),
        AT_BLANK: table["at_blank"] if "at_blank" in table else _is_at_blank(x, y, sky, reach),
        FLUX_MISSING: table.get("fitted", pd.Series(1.0, index=table.index)) < LEAST_FITTED,
        UNDERSAMPLED: beams[:, 0] < FEWEST_PIXELS,
        IMPLAUSIBLE: _is_implausible(table, sky),
    }
    flags = table["flags"]
    for word, holds in words.items():
        flags = [_joined(old, word) if held else old for old, held in zip(flags, holds, strict=True)]
    return list(flags)


def has_flag(flags: pd.Series, word: str) -> pd.Series:
    """Return whether a word is among the flags of each source."""
    return flags.str.split(",").map(lambda words: word in words).astype(bool)


def near_blank(pixels: np.ndarray, reach: int) -> np.ndarray:
    """Return whether a blank pixel is within `reach` rows and columns of each pixel; those beyond are not."""
    return maximum_filter(np.isnan(pixels), size=2 * reach + 1, mode="constant", cval=False)


def _joined(*words: str) -> str:
    """Return flags as one text."""
    return ",".join(filter(None, words))


def _is_at_edge(x: np.ndarray, y: np.ndarray, sky: Field, reach: int) -> np.ndarray:
    """Return whether positions are near the edge of the mosaic."""
    rows, columns = sky.header.shape
    return (np.minimum(x, columns - 1 - x) < reach) | (np.minimum(y, rows - 1 - y) < reach)


def _is_at_blank(x: np.ndarray, y: np.ndarray, sky: Field, reach: int) -> np.ndarray:
    """Return whether positions are near a blank pixel of the tile."""
    box = sky.tile.box
    column = np.clip(np.rint(x).astype(int), box.x0, box.x1 - 1) - box.x0
    row = np.clip(np.rint(y).astype(int), box.y0, box.y1 - 1) - box.y0
    return near_blank(sky.pixels, reach)[row, column]


def _is_implausible(table: pd.DataFrame, sky: Field) -> np.ndarray:
    """Return whether bright sources of one component differ from their image or are too narrow."""
    peak, total = table["apparent_peak_flux"].to_numpy(), table["apparent_total_flux"].to_numpy()
    height = value_at(sky.pixels - sky.mean, table["x"].to_numpy(), table["y"].to_numpy(), sky.tile.box)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = height / peak
        odd = (ratio < HEIGHT_RATIO[0]) | (ratio > HEIGHT_RATIO[1]) | (total < LEAST_RATIO * peak)
    single = table["n_components"].to_numpy() == 1
    return odd & single & (table["peak_snr"].to_numpy() >= WELL_MEASURED)
