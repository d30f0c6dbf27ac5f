"""Truth sources placed on a mosaic: pixels, apparent fluxes, SNR, and the classes of SDC1."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

logger = logging.getLogger(__name__)

CLASSES = ("ss_agn", "fs_agn", "sfg")
"""Steep-spectrum AGN, flat-spectrum AGN, star-forming galaxies: codes 1, 2 and 3 of SDC1."""


def place_truth(
    truth: pd.DataFrame, x: np.ndarray, y: np.ndarray, *, primary_beam: np.ndarray, rms: np.ndarray
) -> pd.DataFrame:
    """Return the truth sources on valid pixels of a mosaic, with primary beam, apparent flux and rms.

    Parameters
    ----------
    truth
        Result of `truth.read_truth`, n rows.
    x, y
        Mosaic pixels of each source, shape (n,).
    primary_beam
        Primary beam at each source, shape (n,); 1 for a mosaic without one.
    rms
        Noise at each source, Jy/beam, shape (n,); NaN where the mosaic is blank and outside it.

    Returns
    -------
    pandas.DataFrame
        With x, y, primary_beam, apparent_total_flux (Jy, total_flux times the beam) and rms. Sources where
        one of them is not finite are left out.
    """
    placed = truth.assign(
        x=x, y=y, primary_beam=primary_beam, apparent_total_flux=truth["total_flux"] * primary_beam, rms=rms
    )
    kept = np.isfinite(placed[["x", "y", "apparent_total_flux", "rms"]]).all(axis=1)
    logger.info("%d of %d truth sources are on the mosaic", kept.sum(), len(truth))
    return placed[kept].reset_index(drop=True)


def with_snr(truth: pd.DataFrame, *, truth_rms: str, median_rms: float) -> pd.DataFrame:
    """Return placed truth with the column snr: apparent total flux over noise.

    Parameters
    ----------
    truth
        Result of `place_truth`.
    truth_rms
        ``median``: the noise is the median of the mosaic's noise map, as in Lukic et al. 2019; ``local``: the
        noise at the source.
    median_rms
        That median, Jy/beam.

    Raises
    ------
    ValueError
        When `truth_rms` is neither.
    """
    if truth_rms not in ("median", "local"):
        raise ValueError(f"Expected truth_rms median or local, received {truth_rms!r}")
    rms = median_rms if truth_rms == "median" else truth["rms"]
    return truth.assign(snr=truth["apparent_total_flux"] / rms)
