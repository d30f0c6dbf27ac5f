"""Convert the shapes that PyBDSF fits in the image plane to the sky."""

from __future__ import annotations

import numpy as np
import pandas as pd

from radiofind.mosaics.gaussians import covariance_of, ellipse_changes, ellipse_errors, ellipse_of

DEG = 3600.0
"""Arcsec in a degree. Pixels of the image written for PyBDSF are one arcsec wide."""
FITTED = ["Maj_img_plane", "Min_img_plane", "PA_img_plane"]
"""Columns of fitted shapes: axes in deg, angle in deg from +y to -x."""
DECONVOLVED = [f"DC_{name}" for name in FITTED]
ERRORS = [f"E_{name}" for name in FITTED]
SHAPE_COLUMNS = (*FITTED, *DECONVOLVED, *ERRORS)
"""Columns of PyBDSF that `shapes_on_sky` needs."""
NAMES = ("major", "minor", "position_angle")
MIRROR = np.array([[1, -1], [-1, 1]])
"""Turns a covariance over (-x, y) into one over (x, y)."""


def shapes_on_sky(table: pd.DataFrame, to_sky: np.ndarray, *, excess_beam: np.ndarray) -> pd.DataFrame:
    """Return fitted shapes with their errors, and deconvolved shapes, on the sky.

    Parameters
    ----------
    table
        Columns `SHAPE_COLUMNS`, n rows.
    to_sky
        The Jacobian at each source from pixels to arcsec, shape (n, 2, 2).
    excess_beam
        By how much the beam that PyBDSF was given exceeds the one at each source: the difference of
        their covariances in pixels^2, shape (n, 2, 2).

    Returns
    -------
    pandas.DataFrame
        ``major``, ``minor`` (arcsec, FWHM), ``position_angle`` (deg), their errors with prefix ``e_``, and
        the deconvolved shape with prefix ``dc_``, with the index of the table.
    """
    scale = np.array([DEG, DEG, 1])
    fitted, deconvolved, errors = (
        table[names].to_numpy(float) * scale for names in (FITTED, DECONVOLVED, ERRORS)
    )
    parts = {
        "": _ellipses_on_sky(fitted, to_sky, 0),
        "e_": _errors_on_sky(fitted, errors, to_sky),
        "dc_": _ellipses_on_sky(deconvolved, to_sky, excess_beam),
    }
    columns = {
        f"{prefix}{name}": values
        for prefix, part in parts.items()
        for name, values in zip(NAMES, part, strict=True)
    }
    return pd.DataFrame(columns, index=table.index)


def _ellipses_on_sky(
    ellipse: np.ndarray, to_sky: np.ndarray, more: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the axes (arcsec) and position angles (deg) on the sky of ellipses in the image plane.

    An axis of 0, which for PyBDSF means unresolved, stays 0.

    Parameters
    ----------
    ellipse
        Major and minor axis in pixels and angle in deg, shape (n, 3).
    to_sky
        The Jacobian at each ellipse, shape (n, 2, 2).
    more
        Covariance in pixels^2 to add to each ellipse.
    """
    covariance = covariance_of(*ellipse.T) * MIRROR + more
    major, minor, angle = ellipse_of(to_sky @ covariance @ np.swapaxes(to_sky, 1, 2))
    is_line, is_point = ellipse[:, 1] == 0, ellipse[:, 0] == 0
    return np.where(is_point, 0, major), np.where(is_line, 0, minor), np.where(is_point, 0, angle)


def _errors_on_sky(
    ellipse: np.ndarray, errors: np.ndarray, to_sky: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the errors of axes (arcsec) and position angles (deg) on the sky."""
    covariance, changes = covariance_of(*ellipse.T) * MIRROR, ellipse_changes(ellipse, errors) * MIRROR
    each = to_sky[:, np.newaxis]
    return ellipse_errors(
        to_sky @ covariance @ np.swapaxes(to_sky, 1, 2), each @ changes @ np.swapaxes(each, -1, -2)
    )
