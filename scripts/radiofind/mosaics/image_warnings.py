"""Warn of images whose catalogues may be doubtful: no unit, undersampled beam, coarsely quantised pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from radiofind.mosaics.box import Box
from radiofind.mosaics.images import ImageHeader

NARROWEST_BEAM = 2.0
"""Fewest pixels across the minor axis (FWHM) without a warning. Below about two (Nyquist) the image
undersamples its beam, and peak and size of a source depend on its subpixel position; imagers use 3 to 5."""
COARSEST_STEP = 0.1
"""Largest quantisation step without a warning, in units of the noise. Quartiles are wrong by up to half a
step: at a tenth of the noise, by about as much as they scatter in a box. NVSS: 0.1 mJy at 0.45 mJy."""
EVERY_ROW = 16
"""Distance of the rows examined: 250,000 pixels of a tile of 2,000 x 2,000, in a fraction of a second."""
LEAST_VALUES = 100
"""Fewest values of a row in which to look for a step: fewer are as far apart without quantisation."""
QUARTILES = 1.3489795
"""Interquartile range of a Gaussian, in standard deviations."""


def step_and_noise(pixels: np.ndarray, box: Box) -> tuple[float, float]:
    """Return the quantisation step and the noise of a part of an image.

    Parameters
    ----------
    pixels
        2D float32 ndarray over `box`, Jy/beam, NaN where blank.
    box
        Pixels of the mosaic; which rows are examined does not depend on the tiling.

    Returns
    -------
    tuple of float
        Jy/beam: the median over rows of the smallest difference between two values of a row (fpack scales
        each row by itself), and the noise from the quartiles. NaN if there are too few values.
    """
    rows = pixels[-box.y0 % EVERY_ROW :: EVERY_ROW]
    steps = [_step_of(row[np.isfinite(row)]) for row in rows]
    known = [step for step in steps if np.isfinite(step)]
    if not known:
        return np.nan, np.nan
    values = rows[np.isfinite(rows)]
    low, high = np.quantile(values, [0.25, 0.75])
    # With steps far above the noise both quartiles coincide.
    noise = float(high - low) / QUARTILES or float(values.std())
    return float(np.median(known)), noise


def image_warnings(
    header: ImageHeader, steps: Sequence[tuple[float, float]], *, plane_given: bool = False
) -> tuple[str, ...]:
    """Return the warnings about an image, for the report.

    Parameters
    ----------
    header
        The image.
    steps
        Result of `step_and_noise` for each of its tiles, of which the medians count.
    plane_given
        Whether the sheet names the plane to search.
    """
    of_plane = "" if plane_given else _of_plane(header)
    of_unit = "" if header.has_unit else "no unit (card BUNIT): Jy/beam is assumed"
    return tuple(filter(None, (of_unit, of_plane, _of_beam(header), _of_steps(steps))))


def _step_of(values: np.ndarray) -> float:
    """Return the smallest difference between two distinct values of a row, or NaN if it has few values."""
    if len(values) < LEAST_VALUES:
        return np.nan
    distinct = np.unique(values)
    return float(np.diff(distinct).min()) if len(distinct) > 1 else np.nan


def _of_plane(header: ImageHeader) -> str:
    """Return the warning that only one plane of a cube is searched."""
    plane = header.plane
    if plane.count == 1:
        return ""
    return f"only plane {plane.number} of {plane.count} is searched: name another in the column plane"


def _of_beam(header: ImageHeader) -> str:
    """Return the warning about an undersampled beam."""
    width = header.plain_beam.minor_arcsec / header.pixel_arcsec
    if width >= NARROWEST_BEAM:
        return ""
    return (
        f"the minor axis of the beam is {width:.2g} pixels (normal: {NARROWEST_BEAM:g} or more): "
        "peaks, sizes and total fluxes are uncertain; check beam and pixel size of the image"
    )


def _of_steps(steps: Sequence[tuple[float, float]]) -> str:
    """Return the warning about coarsely quantised pixels."""
    known = np.array([pair for pair in steps if np.isfinite(pair).all()]).reshape(-1, 2)
    if not len(known):
        return ""
    step, noise = np.median(known, axis=0)
    if not step > COARSEST_STEP * noise:
        return ""
    return (
        f"pixel values have steps of {step:.2g} Jy/beam, {step / noise:.2g} times the noise "
        f"(normal: below {COARSEST_STEP:g}): noise and fluxes of faint sources are coarse"
    )
