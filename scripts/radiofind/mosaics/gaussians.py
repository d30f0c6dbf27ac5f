"""The shapes of Gaussians: axes and angles, covariances, deconvolution from the beam, pixel values.

Covariances on the sky are in arcsec^2 over (east, north). Convolving two Gaussians adds their covariances.
"""

from __future__ import annotations

import numpy as np

from radiofind.mosaics.headers import Beam

FWHM = np.sqrt(8 * np.log(2))
"""Full width at half maximum of a Gaussian, in standard deviations."""
ROUND_OFF = 1e-6
"""A deconvolved variance below this fraction of the beam's is rounding error: the source is unresolved."""

ROUND = 1e-7
"""Axes whose squares differ by a smaller fraction are equal, and the angle is set to 0."""


def covariance_of(major: np.ndarray, minor: np.ndarray, position_angle: np.ndarray) -> np.ndarray:
    """Return the covariances of Gaussians.

    Parameters
    ----------
    major, minor
        FWHM in arcsec, any shape.
    position_angle
        Deg, north through east.

    Returns
    -------
    numpy.ndarray, shape (..., 2, 2)
        Arcsec^2, over (east, north).
    """
    angle = np.deg2rad(position_angle)
    along = np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    across = np.stack([np.cos(angle), -np.sin(angle)], axis=-1)
    variances = [np.square(np.asarray(width) / FWHM)[..., None, None] for width in (major, minor)]
    outer = [axis[..., :, None] * axis[..., None, :] for axis in (along, across)]
    return variances[0] * outer[0] + variances[1] * outer[1]


def covariance_elements(major: float, minor: float, angle_deg: float) -> np.ndarray:
    """Return the covariance (xx, xy, yy) over columns and rows of an elliptical Gaussian.

    Parameters
    ----------
    major, minor
        Standard deviations along the axes.
    angle_deg
        Angle of the major axis from the x axis towards the y axis, deg.
    """
    cosine, sine = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array(
        [
            (major * cosine) ** 2 + (minor * sine) ** 2,
            (major**2 - minor**2) * cosine * sine,
            (major * sine) ** 2 + (minor * cosine) ** 2,
        ]
    )


def determinant_of(covariance: np.ndarray) -> np.ndarray:
    """Return the determinants of covariances (xx, xy, yy), shape (..., 3): the square of area / (2 pi)."""
    return covariance[..., 0] * covariance[..., 2] - covariance[..., 1] ** 2


def ellipse_of(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the axes and the position angles of Gaussians.

    Parameters
    ----------
    covariance
        Arcsec^2, over (east, north), shape (..., 2, 2).

    Returns
    -------
    tuple of numpy.ndarray
        Major and minor axis (FWHM in arcsec; 0 where the variance is not positive) and position angle in deg
        from 0 to 180, north through east.
    """
    return _ellipse(*np.linalg.eigh(covariance))


def ellipse_errors(covariance: np.ndarray, changes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the errors of the axes and of the position angles of Gaussians, to first order.

    Parameters
    ----------
    covariance
        Arcsec^2, shape (n, 2, 2).
    changes
        Independent changes of each covariance by one standard error, shape (n, k, 2, 2).

    Returns
    -------
    tuple of numpy.ndarray
        Errors of major and minor axis (FWHM in arcsec) and of the angle (deg, at most 90: that of a round
        source is unknown).
    """
    variances, axes = np.linalg.eigh(covariance)
    axes = axes[:, np.newaxis]
    along = np.linalg.norm(np.swapaxes(axes, -1, -2) @ changes @ axes, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):  # a source without a size
        widths = FWHM / 2 * along[:, [0, 1], [0, 1]] / np.sqrt(variances)
    difference = variances[:, 1] - variances[:, 0]
    turn = np.divide(along[:, 0, 1], difference, out=np.full(len(along), np.inf), where=difference > 0)
    return widths[:, 1], widths[:, 0], np.minimum(np.rad2deg(turn), 90)


def ellipse_changes(ellipse: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Return the changes of the covariances of ellipses for the standard errors of their parameters.

    Parameters
    ----------
    ellipse
        Major and minor axis (FWHM in arcsec) and position angle in deg, shape (n, 3).
    errors
        Their errors, which count as independent, shape (n, 3).

    Returns
    -------
    numpy.ndarray, shape (n, 3, 2, 2)
        Arcsec^2, for `ellipse_errors`.
    """
    major, minor, angle = ellipse.T
    e_major, e_minor, e_angle = errors.T
    none = np.zeros_like(angle)
    by_major = covariance_of(np.sqrt(2 * major * e_major), none, angle)
    by_minor = covariance_of(none, np.sqrt(2 * minor * e_minor), angle)
    wide = np.sqrt(np.deg2rad(e_angle) * np.maximum(major**2 - minor**2, 0))
    by_angle = covariance_of(wide, none, angle + 45) - covariance_of(none, wide, angle + 45)
    return np.stack([by_major, by_minor, by_angle], axis=1)


def beam_covariance(beam: Beam) -> np.ndarray:
    """Return the covariance of a beam over (east, north), arcsec^2, shape (2, 2)."""
    return covariance_of(beam.major_arcsec, beam.minor_arcsec, beam.position_angle_deg)


def deconvolve(covariance: np.ndarray, beam: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the axes and the position angles of Gaussians deconvolved from the beam.

    Parameters
    ----------
    covariance
        Observed covariance, arcsec^2, over (east, north), shape (..., 2, 2).
    beam
        Covariance of the beam, in the same form.

    Returns
    -------
    tuple of numpy.ndarray
        Major and minor axis (FWHM in arcsec) and position angle in deg. All are NaN if the source is
        unresolved; the minor axis is 0 if the source is wider than the beam in one direction only.
    """
    variances, axes = np.linalg.eigh(covariance - beam)
    floor = ROUND_OFF * np.sqrt(np.linalg.det(beam))
    variances = np.where(variances > floor[..., np.newaxis], variances, 0)
    unresolved = variances[..., 1] == 0
    return tuple(np.where(unresolved, np.nan, value) for value in _ellipse(variances, axes))


def _ellipse(variances: np.ndarray, axes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return FWHMs and position angle from variances in ascending order and their unit vectors."""
    widths = FWHM * np.sqrt(np.clip(variances, 0, None))
    east, north = axes[..., 0, 1], axes[..., 1, 1]
    is_round = variances[..., 1] - variances[..., 0] < ROUND * np.abs(variances[..., 1])
    angle = np.where(is_round, 0, np.rad2deg(np.arctan2(east, north)) % 180)
    return widths[..., 1], widths[..., 0], angle


def gaussians(parameters: np.ndarray, offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of Gaussians and their derivatives.

    Parameters
    ----------
    parameters
        Amplitude, x and y of the centre, and elements xx, yy and xy of the covariance, shape (n, 6).
    offset
        Positions x and y in the same unit of length: shape (p, 2) if common to all Gaussians, or (n, p, 2).

    Returns
    -------
    tuple of numpy.ndarray
        Values, shape (n, p), and derivatives with respect to the parameters, shape (n, 6, p).
    """
    amplitude, x, y, xx, yy, xy = (column[:, np.newaxis] for column in parameters.T)
    dx, dy = offset[..., 0] - x, offset[..., 1] - y
    square = xx * yy - xy**2
    u, v = (yy * dx - xy * dy) / square, (xx * dy - xy * dx) / square
    unit = np.exp(-0.5 * (dx * u + dy * v))
    values = amplitude * unit
    slopes = [unit, values * u, values * v, values * u**2 / 2, values * v**2 / 2, values * u * v]
    return values, np.stack(slopes, axis=1)


def growth(shape: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ratio of the area of a source to that of the beam, which is its total over its peak flux.

    Parameters
    ----------
    shape
        Elements xx, yy and xy of covariances in units of the beam's, shape (n, 3).

    Returns
    -------
    tuple of numpy.ndarray
        The ratio, shape (n,), and the derivative of its logarithm with respect to the elements, shape (n, 3).
    """
    xx, yy, xy = shape.T
    square = xx * yy - xy**2
    return np.sqrt(square), np.column_stack([yy / 2, xx / 2, -xy]) / square[:, np.newaxis]
