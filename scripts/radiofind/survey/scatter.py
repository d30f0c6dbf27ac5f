"""Compare what different mosaics measure of the same sources."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from radiofind.evaluation.matching import Pairs
from radiofind.survey.directions import offsets_arcsec
from radiofind.survey.duplicates import Rows

SIGMA_OF_MAD = 1.4826
"""Standard deviation over median absolute deviation of a normal distribution."""
MOSAICS = ["mosaic", "other"]
"""Columns with the numbers of the mosaics of a pair."""
DIFFERENCES = ["log_ratio", "east", "north"]
"""Columns with what is different."""


def differences_of(rows: Rows, flux: np.ndarray, pairs: Pairs) -> pd.DataFrame:
    """Return the differences of pairs of rows.

    Parameters
    ----------
    rows
        The rows.
    flux
        Total flux of each of them.
    pairs
        Those of the same source. Pairs without two positive fluxes are left out.

    Returns
    -------
    pandas.DataFrame
        ``mosaic`` and ``other``, the numbers of the mosaics; ``log_ratio`` (natural logarithm of the total
        flux in the other mosaic over that in the first), ``east`` and ``north`` (offset of the other
        position, arcsec). It holds 32 bytes a pair.
    """
    positive = (flux[pairs.truth] > 0) & (flux[pairs.detection] > 0)
    one, other = pairs.truth[positive], pairs.detection[positive]
    east, north = offsets_arcsec(rows.ra[one], rows.dec[one], rows.ra[other], rows.dec[other])
    return pd.DataFrame(
        {
            "mosaic": rows.mosaic[one].astype(np.int32),
            "other": rows.mosaic[other].astype(np.int32),
            "log_ratio": np.log(flux[other] / flux[one]),
            "east": east,
            "north": north,
        }
    )


def summarise(differences: pd.DataFrame, mosaics: Sequence[str]) -> dict[str, object]:
    """Return how the mosaics agree: ``agreement`` of all, and ``agreement_by_mosaics`` for each two of them.

    Parameters
    ----------
    differences
        Rows of `differences_of`, in any order.
    mosaics
        Names of the mosaics by their numbers.

    Returns
    -------
    dict
        Each agreement is ``pairs``, their number, and unless it is 0: ``flux_ratio``, the median;
        ``flux_scatter``, relative; ``ra_offset_arcsec`` and ``dec_offset_arcsec``, medians; and their
        scatter, ``ra_scatter_arcsec`` and ``dec_scatter_arcsec``. Scatter is 1.48 times the median absolute
        deviation.
    """
    values = differences[DIFFERENCES]
    (whole,) = _agreements(values, [np.zeros(len(values), dtype=np.int8)]).to_dict("records") or [
        {"pairs": 0}
    ]
    by_mosaics = _agreements(values, [differences[name] for name in MOSAICS])
    each = zip(by_mosaics.index, by_mosaics.to_dict("records"), strict=True)
    return {
        "agreement": whole,
        "agreement_by_mosaics": [
            {"mosaic": mosaics[one], "other": mosaics[other], **told} for (one, other), told in each
        ],
    }


def _agreements(values: pd.DataFrame, keys: list) -> pd.DataFrame:
    """Return how the pairs of each group agree, a row a group."""
    groups = values.groupby(keys, sort=True)
    middle = groups.median()
    deviation = (values - groups.transform("median")).abs()
    scatter = SIGMA_OF_MAD * deviation.groupby(keys, sort=True).median()
    numbers = {
        "flux_ratio": np.exp(middle["log_ratio"]),
        "flux_scatter": scatter["log_ratio"],
        "ra_offset_arcsec": middle["east"],
        "dec_offset_arcsec": middle["north"],
        "ra_scatter_arcsec": scatter["east"],
        "dec_scatter_arcsec": scatter["north"],
    }
    return pd.DataFrame(
        {"pairs": groups.size(), **{name: number.round(5) for name, number in numbers.items()}}
    )
