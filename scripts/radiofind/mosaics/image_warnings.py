"""Say what about an image makes its catalogues doubtful: its unit, its beam, the steps of its pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from radiofind.mosaics.box import Box
from radiofind.mosaics.images import ImageHeader

NARROWEST_BEAM = 2.0
"""Least pixels across the minor axis (FWHM). Below, the image does not sample its beam (Nyquist asks for
about two), and the height and width of a source depend on where in a pixel it lies; imagers take 3 to 5."""
COARSEST_STEP = 0.1
"""Largest step between pixel values that goes unsaid, in units of the noise. Quartiles are wrong by up to
half a step: at a tenth, by about as much as they scatter in a box. NVSS: 0.1 mJy on 0.45 mJy."""
EVERY_ROW = 16
"""One row in so many is looked at: 250,000 pixels of a tile of 2,000 pixels, in a fraction of a second."""
LEAST_VALUES = 100
"""Fewer different values in a row tell nothing: those of an image without steps may be as far apart."""
QUARTILES = 1.3489795
"""Distance of the quartiles of a Gaussian, in standard deviations."""


def step_and_noise(pixels: np.ndarray, box: Box) -> tuple[float, float]:
    """Return the step between pixel values and the noise of a part of an image.

    Parameters
    ----------
    pixels
        2D float32 ndarray over `box`, Jy/beam, NaN where blank.
    box
        Pixels of the mosaic; the same rows of the mosaic are looked at however it is divided.

    Returns
    -------
    tuple of float
        Jy/beam: the median over the rows of the least difference between two of a row's values (fpack scales
        each row by itself), and the noise from the quartiles. NaN where there are too few values to tell.
    """
    rows = pixels[-box.y0 % EVERY_ROW :: EVERY_ROW]
    steps = [_step_of(row[np.isfinite(row)]) for row in rows]
    known = [step for step in steps if np.isfinite(step)]
    if not known:
        return np.nan, np.nan
    values = rows[np.isfinite(rows)]
    low, high = np.quantile(values, [0.25, 0.75])
    # With steps far above the noise both quartiles are the same value.
    noise = float(high - low) / QUARTILES or float(values.std())
    return float(np.median(known)), noise


def image_warnings(
    header: ImageHeader, steps: Sequence[tuple[float, float]], *, plane_given: bool = False
) -> tuple[str, ...]:
    """Return what is to be said of an image, in words for the report.

    Parameters
    ----------
    header
        The image.
    steps
        Result of `step_and_noise` for each of its tiles; the medians of all tiles count.
    plane_given
        Whether the sheet says which plane is searched.
    """
    of_plane = "" if plane_given else _of_plane(header)
    of_unit = "" if header.has_unit else "no unit (card BUNIT): Jy/beam is assumed"
    return tuple(filter(None, (of_unit, of_plane, _of_beam(header), _of_steps(steps))))


def _step_of(values: np.ndarray) -> float:
    """Return the least difference between two different values of a row, NaN when there are few values."""
    if len(values) < LEAST_VALUES:
        return np.nan
    distinct = np.unique(values)
    return float(np.diff(distinct).min()) if len(distinct) > 1 else np.nan


def _of_plane(header: ImageHeader) -> str:
    """Return what is to be said of a cube, of which one plane is searched."""
    plane = header.plane
    if plane.count == 1:
        return ""
    return f"of {plane.count} planes, number {plane.number} is searched: the column plane picks another"


def _of_beam(header: ImageHeader) -> str:
    """Return what is to be said of a beam that the pixels do not sample."""
    width = header.plain_beam.minor_arcsec / header.pixel_arcsec
    if width >= NARROWEST_BEAM:
        return ""
    return (
        f"the minor axis of the beam is {width:.2g} pixels (normal: {NARROWEST_BEAM:g} or more): "
        "peaks, sizes and total fluxes are uncertain; check beam and pixel size of the image"
    )


def _of_steps(steps: Sequence[tuple[float, float]]) -> str:
    """Return what is to be said of pixel values with coarse steps."""
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
