"""Fit sources at known positions, all sources of a tile together.

Every source is modelled as the beam or as a Gaussian wider than the beam, and fitted in several rounds to the
image minus the models of the other sources. The weights assume noise that is correlated like the beam, as in
SDC1. Inside this module, lengths are in standard deviations of the beam, so that the beam is a circle, and
amplitudes are in units of the noise.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from radiofind.finders.source_stamps import Stamps, cut_stamps, turned_each
from radiofind.mosaics.field import Field
from radiofind.mosaics.gaussians import FWHM, deconvolve, ellipse_errors, ellipse_of, gaussians, growth

ROUNDS = (6, 10, 6)
"""Rounds with no source as a Gaussian, with the bright ones, and with those that proved extended."""
CANDIDATE = 5.0
"""Sources fainter than this, in units of the noise, have no measurable size."""
EXTENDED = 1.0
"""Excess of total over peak flux, in errors, above which a Gaussian gives the better total flux.

With a limit of 2 errors, total fluxes at SNR 10 to 20 are biased by a further 8 % (SDC1); with Gaussians for
all sources, those of point sources are biased by 4 % in the other direction (simulated sky)."""
RESOLVED = 3.0
"""Excess of total over peak flux, in errors, above which a source is resolved and its size deconvolved."""
WIDEST = 5.0
"""Largest axis of a source, in beams."""
START_ERROR = 0.3 * FWHM
"""Error of the initial positions, which enter the fit as a prior: 0.3 beams."""
SHIFT_BEAMS, SHIFT_PIXELS = 0.5, 1.5
"""Largest shift of a source from its initial position: the larger of the two."""
FIRM = np.array([1e-9, START_ERROR**-2, START_ERROR**-2, 1e-3, 1e-3, 1e-3])
"""Prior information on amplitude, position and shape, which keeps poorly constrained parameters in place."""
BATCH = 2000
"""Stamps to process at a time, which bounds the memory."""


def measure_sources(sky: Field, x: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """Return the positions, fluxes and shapes of sources.

    Parameters
    ----------
    sky
        The tile with its noise.
    x, y
        Initial positions of the sources, good to about a pixel, shape (n,), mosaic pixels inside the tile.

    Returns
    -------
    pandas.DataFrame
        A row for each source in the given order: ``x``, ``y``, ``e_ra``, ``e_dec``, the apparent peak and
        total flux with their errors, ``major``, ``minor``, ``position_angle`` as fitted, with errors unless a
        source has the shape of the beam, and the deconvolved shape with prefix ``dc_``, which is NaN for
        unresolved sources. Far from valid pixels, all columns but ``x`` and ``y`` are NaN.

    Notes
    -----
    Gauss-Newton steps, damped according to the overlap of the sources (Gershgorin). The number of rounds is
    fixed, so that a fit depends only on the surroundings of the source. Errors are those of the fit with
    neighbours held fixed, increased where the residuals exceed the noise.
    """
    usable, stamps = cut_stamps(sky, x, y)
    measured = _tabulate(*_fit(stamps), sky).set_index(np.flatnonzero(usable))
    return measured.reindex(range(len(x))).fillna({"x": pd.Series(x), "y": pd.Series(y)})


def _fit(stamps: Stamps) -> tuple[Stamps, np.ndarray, np.ndarray]:
    """Return the stamps, the fitted parameters of their sources, shape (n, 6), and their covariances.

    The parameters are the amplitude, the two coordinates in the stamp, and the shape: the elements xx, yy and
    xy of its covariance, which is the unit matrix for the beam.
    """
    count = len(stamps.start)
    fits = np.column_stack([np.zeros(count), stamps.start, np.tile([1.0, 1.0, 0.0], (count, 1))])
    extended = np.zeros(count, dtype=bool)
    fits = _refine(fits, extended, stamps, ROUNDS[0])
    extended = fits[:, 0] > CANDIDATE
    fits = _refine(fits, extended, stamps, ROUNDS[1])
    extended &= _excess(fits, _covariance(fits, extended, stamps)) > EXTENDED
    fits = _refine(fits, extended, stamps, ROUNDS[2])
    return stamps, fits, _covariance(fits, extended, stamps)


def _refine(fits: np.ndarray, extended: np.ndarray, stamps: Stamps, rounds: int) -> np.ndarray:
    """Return the parameters after a number of rounds."""
    fits = fits.copy()
    fits[~extended, 3:] = [1, 1, 0]
    pixel = np.sqrt(abs(np.linalg.det(stamps.to_beam)))[:, np.newaxis]
    limit = np.maximum(SHIFT_BEAMS * FWHM, SHIFT_PIXELS * pixel)
    for _ in range(rounds):
        steps = np.zeros_like(fits)
        for rows, information, gradient, _ in _normal_equations(fits, extended, stamps):
            gradient[:, 1:3] += FIRM[1:3] * (stamps.start[rows] - fits[rows, 1:3])
            steps[rows] = np.linalg.solve(information, gradient[..., np.newaxis])[..., 0]
        fits = _take(fits, steps * stamps.share[:, np.newaxis])
        shift = fits[:, 1:3] - stamps.start
        distance = np.linalg.norm(shift, axis=1, keepdims=True)
        fits[:, 1:3] = stamps.start + shift * np.minimum(1, limit / np.maximum(distance, limit))
    return fits


def _take(fits: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return the parameters after a step, limited to allowed amplitudes and shapes."""
    widest = 0.4 * (fits[:, 3] + fits[:, 4])[:, np.newaxis]
    steps = np.column_stack([steps[:, :1], steps[:, 1:3].clip(-0.5, 0.5), steps[:, 3:].clip(-widest, widest)])
    fits = fits + steps
    variances, axes = np.linalg.eigh(fits[:, [[3, 5], [5, 4]]])
    shape = (axes * variances.clip(1, WIDEST**2)[:, np.newaxis]) @ axes.transpose(0, 2, 1)
    fits[:, 0] = fits[:, 0].clip(0)
    fits[:, 3:] = shape[:, [0, 1, 0], [0, 1, 1]]
    return fits


def _normal_equations(
    fits: np.ndarray, extended: np.ndarray, stamps: Stamps
) -> Iterator[tuple[slice, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield for each batch its rows, information matrices, gradients, and chi squared per pixel."""
    models = [
        gaussians(fits[rows], stamps.offset[rows])[0] * stamps.rms[rows, np.newaxis]
        for rows in _batches(fits)
    ]
    sky = np.bincount(stamps.pixel.ravel(), np.concatenate(models).ravel(), minlength=len(stamps.image))
    residual = stamps.image - sky
    for rows in _batches(fits):
        derivative = gaussians(fits[rows], stamps.offset[rows])[1]
        derivative[~extended[rows], 3:] = 0
        rest = residual[stamps.pixel[rows]] / stamps.rms[rows, np.newaxis]
        both = np.concatenate([derivative, rest[:, np.newaxis]], axis=1)
        products = _weighed(both, rows, stamps) @ both.transpose(0, 2, 1)
        information = products[:, :6, :6] + np.diag(FIRM)
        yield rows, information, products[:, :6, 6], products[:, 6, 6]


def _batches(fits: np.ndarray) -> list[slice]:
    """Return slices that take the sources a batch at a time."""
    return [slice(start, min(start + BATCH, len(fits))) for start in range(0, max(len(fits), 1), BATCH)]


def _weighed(values: np.ndarray, rows: slice, stamps: Stamps) -> np.ndarray:
    """Return stamps, shape (n, k, p), times the inverse covariance of their noise."""
    weighed = values @ stamps.weight
    for row in stamps.blanked.keys() & set(range(rows.start, rows.stop)):
        weighed[row - rows.start] = values[row - rows.start] @ stamps.blanked[row]
    return weighed


def _covariance(fits: np.ndarray, extended: np.ndarray, stamps: Stamps) -> np.ndarray:
    """Return the covariances of the parameters, increased for poor fits; 0 for parameters held fixed."""
    covariance = np.zeros((len(fits), 6, 6))
    valid = np.full(len(fits), stamps.pixel.shape[1])
    for row, weight in stamps.blanked.items():
        valid[row] = np.count_nonzero(weight.diagonal())
    for rows, information, _, misfit in _normal_equations(fits, extended, stamps):
        raised = np.maximum(misfit / valid[rows], 1)
        covariance[rows] = np.linalg.inv(information) * raised[:, np.newaxis, np.newaxis]
    covariance[~extended, 3:, 3:] = 0
    return covariance


def _excess(fits: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return the logarithm of total over peak flux, in units of its error; 0 for point sources."""
    ratio, slope = growth(fits[:, 3:])
    error = np.sqrt(np.einsum("ni,nij,nj->n", slope, covariance[:, 3:, 3:], slope))
    return np.divide(np.log(ratio), error, out=np.zeros_like(error), where=error > 0)


def _tabulate(stamps: Stamps, fits: np.ndarray, covariance: np.ndarray, sky: Field) -> pd.DataFrame:
    """Return the fitted parameters as columns of a detection table."""
    box = sky.tile.box
    to_pixels = np.linalg.inv(stamps.to_beam)
    position = stamps.centre + turned_each(to_pixels, fits[:, 1:3])
    position = position.clip([box.x0, box.y0], [box.x1 - 1, box.y1 - 1])
    to_sky = sky.header.coordinates.jacobian(*position.T) @ to_pixels
    e_ra, e_dec = np.sqrt(np.diagonal(_seen(covariance[:, 1:3, 1:3], to_sky), axis1=1, axis2=2)).T
    ratio, slope = growth(fits[:, 3:])
    by = np.column_stack([ratio, np.zeros_like(position), (fits[:, 0] * ratio)[:, np.newaxis] * slope])
    shape = _seen(fits[:, [[3, 5], [5, 4]]], to_sky)
    e_major, e_minor, e_angle = ellipse_errors(shape, _seen(_changes(covariance), to_sky[:, np.newaxis]))
    free = covariance[:, 3:, 3:].any(axis=(1, 2))
    beam = _seen(np.eye(2), to_sky)
    resolved = _excess(fits, covariance) > RESOLVED
    major, minor, angle = ellipse_of(shape)
    dc_major, dc_minor, dc_angle = np.where(resolved, deconvolve(shape, beam), np.nan)
    return pd.DataFrame(
        {
            "x": position[:, 0],
            "y": position[:, 1],
            "e_ra": e_ra,
            "e_dec": e_dec,
            "apparent_peak_flux": fits[:, 0] * stamps.rms,
            "e_apparent_peak_flux": np.sqrt(covariance[:, 0, 0]) * stamps.rms,
            "apparent_total_flux": fits[:, 0] * ratio * stamps.rms,
            "e_apparent_total_flux": np.sqrt(np.einsum("ni,nij,nj->n", by, covariance, by)) * stamps.rms,
            "major": major,
            "minor": minor,
            "position_angle": angle,
            "e_major": np.where(free, e_major, np.nan),
            "e_minor": np.where(free, e_minor, np.nan),
            "e_position_angle": np.where(free, e_angle, np.nan),
            "dc_major": dc_major,
            "dc_minor": dc_minor,
            "dc_position_angle": dc_angle,
        }
    )


def _changes(covariance: np.ndarray) -> np.ndarray:
    """Return independent changes of each shape by one standard error, shape (n, 3, 2, 2)."""
    variances, axes = np.linalg.eigh(covariance[:, 3:, 3:])
    steps = np.sqrt(variances.clip(0))[:, np.newaxis] * axes
    return np.swapaxes(steps, 1, 2)[..., [[0, 2], [2, 1]]]


def _seen(covariance: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Return covariances transformed by matrices, each by its own, shape (n, ..., 2, 2)."""
    return matrices @ covariance @ np.swapaxes(matrices, -1, -2)
