"""Compare what different mosaics measure of the same sources."""

from __future__ import annotations

import numpy as np
import pandas as pd

from radiofind.evaluation.matching import Pairs
from radiofind.survey.directions import offsets_arcsec

SIGMA_OF_MAD = 1.4826
"""Standard deviation over median absolute deviation of a normal distribution."""

Summary = dict[str, float | int]


def pairs_of_mosaics(table: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return the differences of pairs of rows, of which the mosaics are in alphabetical order.

    Parameters
    ----------
    table
        Columns ``mosaic``, ``ra``, ``dec`` (deg) and ``total_flux``.
    pairs
        Rows of the same source, shape (n,). Pairs without two positive fluxes are left out.

    Returns
    -------
    pandas.DataFrame
        ``mosaic``, ``other``, ``log_ratio`` (natural logarithm of the total flux in the other mosaic over
        that in the first), ``east`` and ``north`` (offset of the other position, arcsec).
    """
    mosaic, flux, ra, dec = (table[name].to_numpy() for name in ("mosaic", "total_flux", "ra", "dec"))
    turned = mosaic[pairs.truth] > mosaic[pairs.detection]
    one = np.where(turned, pairs.detection, pairs.truth)
    other = np.where(turned, pairs.truth, pairs.detection)
    positive = (flux[one] > 0) & (flux[other] > 0)
    one, other = one[positive], other[positive]
    east, north = offsets_arcsec(ra[one], dec[one], ra[other], dec[other])
    log_ratio = np.log(flux[other] / flux[one])
    return pd.DataFrame(
        {
            "mosaic": mosaic[one],
            "other": mosaic[other],
            "log_ratio": log_ratio,
            "east": east,
            "north": north,
        }
    )


def summarise(pairs: pd.DataFrame) -> Summary:
    """Return how two or more mosaics agree.

    Parameters
    ----------
    pairs
        Rows of `pairs_of_mosaics`.

    Returns
    -------
    dict
        ``pairs``, their number, and unless it is 0: ``flux_ratio``, the median; ``flux_scatter``, relative;
        ``ra_offset_arcsec`` and ``dec_offset_arcsec``, medians; and their scatter, ``ra_scatter_arcsec`` and
        ``dec_scatter_arcsec``. Scatter is 1.48 times the median absolute deviation.
    """
    if not len(pairs):
        return {"pairs": 0}
    middle = pairs[["log_ratio", "east", "north"]].median()
    scatter = SIGMA_OF_MAD * (pairs[middle.index] - middle).abs().median()
    numbers = {
        "flux_ratio": np.exp(middle["log_ratio"]),
        "flux_scatter": scatter["log_ratio"],
        "ra_offset_arcsec": middle["east"],
        "dec_offset_arcsec": middle["north"],
        "ra_scatter_arcsec": scatter["east"],
        "dec_scatter_arcsec": scatter["north"],
    }
    return {"pairs": len(pairs), **{name: round(float(number), 5) for name, number in numbers.items()}}


def summarise_by_mosaics(pairs: pd.DataFrame) -> list[dict[str, object]]:
    """Return `summarise` for each two mosaics that share sources, with their names."""
    groups = pairs.groupby(["mosaic", "other"], sort=True)
    return [{"mosaic": one, "other": other, **summarise(rows)} for (one, other), rows in groups]
