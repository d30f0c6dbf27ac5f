"""Measure without truth how reliable a catalogue is, from what the same finder detects in the negated image.

Noise is as often negative as positive, and sources are positive: so a catalogue has about as many false
detections as there are detections in the negated image. Artefacts that are only positive are not seen. Bowls
around bright sources are negative alone, so negative detections near these are counted apart and do not lower
the reliability.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from radiofind.catalogues.side_lobes import BRIGHT_RATIO, NEAR_BEAMS
from radiofind.evaluation.intervals import poisson_interval
from radiofind.evaluation.matching import nearby_pairs, positions
from radiofind.evaluation.metrics import SNR_EDGES

COUNTS = ("n_detections", "n_negative", "n_near_bright")
"""What is counted in each bin of SNR."""
COLUMNS = (
    *("mosaic", "finder", "snr_low", "snr_high", *COUNTS),
    *("reliability", "reliability_low", "reliability_high"),
)
"""Columns of `reliability_by_snr`."""


def reliability_by_snr(
    catalogue: pd.DataFrame, negated: pd.DataFrame, *, beam_pixels: float, mosaic: str, finder: str
) -> pd.DataFrame:
    """Return the reliability of a catalogue in bins of SNR.

    Parameters
    ----------
    catalogue
        What was found in the image: columns ``x``, ``y``, ``snr`` and ``apparent_peak_flux``.
    negated
        What was found in the negated image, likewise.
    beam_pixels
        Major axis of the beam.
    mosaic, finder
        Their names.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`, one row per bin with detections in either image.
    """
    near = near_bright(negated, catalogue, beam_pixels=beam_pixels)
    snr = {
        "n_detections": catalogue["snr"],
        "n_negative": negated.loc[~near, "snr"],
        "n_near_bright": negated.loc[near, "snr"],
    }
    counts = pd.DataFrame({name: np.histogram(values, SNR_EDGES)[0] for name, values in snr.items()})
    counts = counts.assign(snr_low=SNR_EDGES[:-1], snr_high=SNR_EDGES[1:], mosaic=mosaic, finder=finder)
    return with_reliability(counts[counts[list(COUNTS)].any(axis=1)])


def pool_reliability(tables: pd.DataFrame) -> pd.DataFrame:
    """Return the reliability in all mosaics of a survey together, likewise.

    Parameters
    ----------
    tables
        Rows of `reliability_by_snr` of all mosaics, for one finder.
    """
    numbers = tables.astype(dict.fromkeys(COUNTS, int))  # those of a table without rows have no type
    counts = numbers.groupby(["finder", "snr_low", "snr_high"], as_index=False)[list(COUNTS)].sum()
    return with_reliability(counts.assign(mosaic="survey"))


def with_reliability(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts in bins with the reliability that they give.

    Parameters
    ----------
    counts
        The first columns of `COLUMNS`.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`. Reliability is 1 - n_negative / n_detections, at least 0; its interval follows
        from that of the mean of a Poisson distribution of which n_negative were seen (95 %), so that
        reliability_low is a limit where n_negative is 0. NaN without detections.
    """
    total = counts["n_detections"].where(counts["n_detections"] > 0)
    fewest, most = poisson_interval(counts["n_negative"].to_numpy())
    numbers = {"reliability": counts["n_negative"], "reliability_low": most, "reliability_high": fewest}
    values = {name: (1 - number / total).clip(lower=0) for name, number in numbers.items()}
    return counts.assign(**values).reset_index(drop=True)[list(COLUMNS)]


def near_bright(negated: pd.DataFrame, catalogue: pd.DataFrame, *, beam_pixels: float) -> np.ndarray:
    """Return whether each negative detection may be a side lobe or bowl of a bright source.

    Parameters
    ----------
    negated, catalogue, beam_pixels
        As for `reliability_by_snr`. A source is near within `NEAR_BEAMS`, and bright if it has `BRIGHT_RATIO`
        times the peak.
    """
    radius = NEAR_BEAMS * beam_pixels
    pairs = nearby_pairs(positions(negated), positions(catalogue), radius_pixels=radius)
    peaks = [table["apparent_peak_flux"].to_numpy() for table in (negated, catalogue)]
    near = np.zeros(len(negated), dtype=bool)
    near[pairs.truth[peaks[1][pairs.detection] >= BRIGHT_RATIO * peaks[0][pairs.truth]]] = True
    return near
