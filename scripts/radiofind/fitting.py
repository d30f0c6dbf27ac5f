"""Measure sources of which the positions are known, all of a tile together.

Every source is the beam or a Gaussian wider than the beam, fitted in rounds to what other sources leave of
the image. Pixels are weighed for noise that is correlated as the beam, as that of SDC1 is. Inside this module
lengths are in standard deviations of the beam, which make it a circle, and amplitudes in units of the noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.ndimage import maximum_filter
from scipy.spatial import cKDTree

from radiofind.detections import value_at
from radiofind.fields import Field
from radiofind.shapes import FWHM, deconvolve, ellipse_of, gaussians, growth

SAMPLES = 3
"""Pixels of the fit in the minor axis of the beam, at least: more of them take long and tell little."""
NEARLY = 1e-3
"""A beam that lacks this of so many pixels has them: projections shrink it by that."""
REACH = 2 * FWHM
"""Radius of the stamp around a source: two beams."""
WHITE = 0.03
"""Variance of the noise that is not correlated. Of 0.01 to 1, it gave the most honest errors on SDC1."""
ROUNDS = (6, 10, 6)
"""Rounds with point sources alone, with the bright ones as Gaussians, and with those that stay Gaussians."""
CANDIDATE = 5.0
"""Sources fainter than this, in units of the noise, have no measurable size."""
EXTENDED = 1.0
"""Excess of total over peak flux, in errors, above which a Gaussian is the better guess of the total flux.

Where point sources begin at 2 errors, total fluxes at SNR 10 to 20 are biased by 8 % more (SDC1); where every
source is a Gaussian, those of point sources are biased by 4 % the other way (simulated sky)."""
RESOLVED = 3.0
"""The same excess above which a source is called resolved and its size deconvolved."""
WIDEST = 5.0
"""Largest axis of a source, in beams."""
START_ERROR = 0.3 * FWHM
"""Error of the positions at the start, with which they are weighed in: 0.3 beams."""
SHIFT_BEAMS, SHIFT_PIXELS = 0.5, 1.5
"""A source stays within the larger of these distances from where it started."""
FIRM = np.array([1e-9, START_ERROR**-2, START_ERROR**-2, 1e-3, 1e-3, 1e-3])
"""Information added on amplitude, position and shape, so that what the pixels do not tell stays put."""
BATCH = 2000
"""Stamps that are worked on at a time, for memory."""


@dataclass(frozen=True)
class _Stamps:
    """The pixels around each source, and how to weigh them."""

    image: np.ndarray
    """The padded pixels of the fit, shape (m,), Jy/beam above the mean, 0 where blank."""
    pixel: np.ndarray
    """Number in `image` of each pixel of each stamp, shape (n, p)."""
    offset: np.ndarray
    """Place of the pixels of each stamp, shape (n, p, 2), from its centre."""
    start: np.ndarray
    """Where each source starts, shape (n, 2), from the centre of its stamp."""
    centre: np.ndarray
    """Centre of each stamp, shape (n, 2), mosaic pixels."""
    rms: np.ndarray
    """Noise at each source, shape (n,), Jy/beam."""
    weight: np.ndarray
    """Inverse of the covariance of the noise of a stamp without blanks, shape (p, p)."""
    blanked: dict[int, np.ndarray]
    """The same for each stamp with blanks."""
    share: np.ndarray
    """Part of its step that each source takes, shape (n,): those that overlap would overshoot."""
    to_beam: np.ndarray
    """Matrices from offsets in mosaic pixels to offsets in the beam at each source, shape (n, 2, 2)."""


def measure_sources(sky: Field, x: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """Return position, flux and shape of sources.

    Parameters
    ----------
    sky
        The tile with its noise.
    x, y
        Where the sources are to within a pixel or so, shape (n,), mosaic pixels inside the tile.

    Returns
    -------
    pandas.DataFrame
        A row for each source in the order given: ``x``, ``y``, ``e_ra``, ``e_dec``, the apparent peak and
        total flux with their errors, ``major``, ``minor``, ``position_angle`` as fitted, and deconvolved with
        ``dc_``, which are NaN where the source is unresolved. Beside no valid pixel, all but ``x`` and ``y``
        are NaN.

    Notes
    -----
    Gauss-Newton steps, damped by how much the sources overlap (Gershgorin). The number of rounds is fixed, so
    that a source depends on its surroundings alone. Errors are those of the fit with neighbours held fixed,
    raised where the pixels deviate from the model by more than the noise.
    """
    usable, stamps = _cut_stamps(sky, x, y)
    measured = _tabulate(*_fit(stamps), sky).set_index(np.flatnonzero(usable))
    return measured.reindex(range(len(x))).fillna({"x": pd.Series(x), "y": pd.Series(y)})


def _cut_stamps(sky: Field, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, _Stamps]:
    """Return which sources lie on or beside a valid pixel, and their stamps."""
    header, box = sky.header, sky.tile.box
    step = max(int(header.plain_beam.minor_arcsec / header.pixel_arcsec / SAMPLES + NEARLY), 1)
    # Anchored in the mosaic, not in the tile, so that every tile fits the same pixels.
    first = np.array([-box.x0 % step, -box.y0 % step])
    with np.errstate(invalid="ignore"):
        noise = np.where(sky.rms > 0, sky.rms, np.nan)
    image = np.where(np.isfinite(noise), sky.pixels - sky.mean, np.nan)[first[1] :: step, first[0] :: step]
    corner = first + [box.x0, box.y0]
    position = np.column_stack([x, y])
    nearest = np.rint((position - corner) / step).astype(int)
    nearest = np.clip(nearest, 0, np.array(image.shape[::-1]) - 1)
    rms = value_at(noise, x, y, box)
    usable = maximum_filter(np.isfinite(image), 3)[nearest[:, 1], nearest[:, 0]] & np.isfinite(rms)
    in_middle = np.linalg.inv(np.linalg.cholesky(header.beam_pixels))
    centre, nearest, position = corner + nearest[usable] * step, nearest[usable], position[usable]
    to_beam = np.linalg.inv(np.linalg.cholesky(header.beam_pixels_at(*position.T)))
    stamps = _gather(image, nearest, in_middle * step, to_beam * step) | {
        "start": _turned(to_beam, position - centre),
        "centre": centre,
        "rms": rms[usable],
        "share": _share(position @ in_middle.T),
        "to_beam": to_beam,
    }
    return usable, _Stamps(**stamps)


def _turned(matrices: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return each matrix, shape (n, 2, 2), times its own offset, shape (n, 2)."""
    return np.einsum("nij,nj->ni", matrices, offsets)


def _gather(
    image: np.ndarray, nearest: np.ndarray, in_middle: np.ndarray, to_beam: np.ndarray
) -> dict[str, object]:
    """Return pixels, places and weights of the stamps around some pixels of an image with blanks.

    All stamps have the pixels and the weights that the beam in the middle of the mosaic gives them, and their
    places by the beam at their own source.
    """
    reach = int(np.ceil(REACH * np.abs(np.linalg.inv(in_middle)).sum(axis=1).max()))
    image = np.pad(image, reach, constant_values=np.nan).astype(float)
    steps = np.arange(-reach, reach + 1)
    steps = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    steps = steps[np.linalg.norm(steps @ in_middle.T, axis=1) <= REACH]
    row_column = np.moveaxis((nearest + reach)[:, np.newaxis] + steps, -1, 0)[::-1]
    pixel = np.ravel_multi_index(tuple(row_column), image.shape)
    place = steps @ in_middle.T
    distance = np.linalg.norm(place[:, np.newaxis] - place, axis=-1)
    noise = (np.exp(-0.5 * distance**2) + WHITE * np.eye(len(place))) / (1 + WHITE)
    finite = np.isfinite(image).ravel()
    valid = finite[pixel]
    return {
        "image": np.where(finite, image.ravel(), 0),
        "pixel": pixel,
        "offset": steps @ np.swapaxes(to_beam, 1, 2),
        "weight": np.linalg.inv(noise),
        "blanked": {row: _weigh(noise, valid[row]) for row in np.flatnonzero(~valid.all(axis=1))},
    }


def _weigh(noise: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return the inverse of the covariance of the valid pixels, 0 for the others."""
    weight = np.zeros_like(noise)
    weight[np.ix_(valid, valid)] = np.linalg.inv(noise[np.ix_(valid, valid)])
    return weight


def _share(position: np.ndarray) -> np.ndarray:
    """Return 1 over the sum of the overlaps of each source with all, itself among them."""
    pairs = cKDTree(position).query_pairs(REACH, output_type="ndarray")
    overlap = np.exp(-np.square(position[pairs[:, 0]] - position[pairs[:, 1]]).sum(axis=1) / 4)
    return 1 / (1 + np.bincount(pairs.ravel(), np.repeat(overlap, 2), minlength=len(position)))


def _fit(stamps: _Stamps) -> tuple[_Stamps, np.ndarray, np.ndarray]:
    """Return the stamps, the parameters of their sources, shape (n, 6), and the covariance of these.

    The parameters are the amplitude, the two coordinates of the place in the stamp, and the shape: the
    elements xx, yy and xy of the covariance, which is the unit matrix for the beam.
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


def _refine(fits: np.ndarray, extended: np.ndarray, stamps: _Stamps, rounds: int) -> np.ndarray:
    """Return the parameters after some rounds."""
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
    """Return the parameters after a step, within what a source may be."""
    widest = 0.4 * (fits[:, 3] + fits[:, 4])[:, np.newaxis]
    steps = np.column_stack([steps[:, :1], steps[:, 1:3].clip(-0.5, 0.5), steps[:, 3:].clip(-widest, widest)])
    fits = fits + steps
    variances, axes = np.linalg.eigh(fits[:, [[3, 5], [5, 4]]])
    shape = (axes * variances.clip(1, WIDEST**2)[:, np.newaxis]) @ axes.transpose(0, 2, 1)
    fits[:, 0] = fits[:, 0].clip(0)
    fits[:, 3:] = shape[:, [0, 1, 0], [0, 1, 1]]
    return fits


def _normal_equations(
    fits: np.ndarray, extended: np.ndarray, stamps: _Stamps
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


def _weighed(values: np.ndarray, rows: slice, stamps: _Stamps) -> np.ndarray:
    """Return stamps, shape (n, k, p), times the inverse of the covariance of their noise."""
    weighed = values @ stamps.weight
    for row in stamps.blanked.keys() & set(range(rows.start, rows.stop)):
        weighed[row - rows.start] = values[row - rows.start] @ stamps.blanked[row]
    return weighed


def _covariance(fits: np.ndarray, extended: np.ndarray, stamps: _Stamps) -> np.ndarray:
    """Return the covariance of the parameters, raised where the model does not fit; 0 for those held."""
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
    """Return the logarithm of total over peak flux in units of its error; 0 for point sources."""
    ratio, slope = growth(fits[:, 3:])
    error = np.sqrt(np.einsum("ni,nij,nj->n", slope, covariance[:, 3:, 3:], slope))
    return np.divide(np.log(ratio), error, out=np.zeros_like(error), where=error > 0)


def _tabulate(stamps: _Stamps, fits: np.ndarray, covariance: np.ndarray, sky: Field) -> pd.DataFrame:
    """Return the parameters in the units of a detection table."""
    box = sky.tile.box
    to_pixels = np.linalg.inv(stamps.to_beam)
    position = stamps.centre + _turned(to_pixels, fits[:, 1:3])
    position = position.clip([box.x0, box.y0], [box.x1 - 1, box.y1 - 1])
    to_sky = sky.header.coordinates.jacobian(*position.T) @ to_pixels
    e_ra, e_dec = np.sqrt(np.diagonal(_seen(covariance[:, 1:3, 1:3], to_sky), axis1=1, axis2=2)).T
    ratio, slope = growth(fits[:, 3:])
    by = np.column_stack([ratio, np.zeros_like(position), (fits[:, 0] * ratio)[:, np.newaxis] * slope])
    shape = _seen(fits[:, [[3, 5], [5, 4]]], to_sky)
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
            "dc_major": dc_major,
            "dc_minor": dc_minor,
            "dc_position_angle": dc_angle,
        }
    )


def _seen(covariance: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Return covariances after each has been turned and stretched by its own matrix, shape (n, 2, 2)."""
    return matrices @ covariance @ np.swapaxes(matrices, 1, 2)
