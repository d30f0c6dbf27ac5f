"""The beam of a simulated image, in its pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from radiofind.mosaics.gaussians import FWHM, covariance_elements


def beam_covariance(beam_arcsec: float | Sequence[float], *, pixel_arcsec: float) -> np.ndarray:
    """Return the covariance of a beam, (xx, xy, yy), pixels2.

    Parameters
    ----------
    beam_arcsec
        FWHM, arcsec, of a circular beam; or major and minor FWHM, arcsec, and position angle, deg, north
        through east.
    pixel_arcsec
        Size of a pixel, arcsec.
    """
    circular = np.ndim(beam_arcsec) == 0
    major, minor, angle_deg = (beam_arcsec, beam_arcsec, 0.0) if circular else beam_arcsec
    return covariance_elements(major / (FWHM * pixel_arcsec), minor / (FWHM * pixel_arcsec), angle_deg + 90)
