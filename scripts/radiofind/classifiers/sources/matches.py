"""Find the true classes of the sources of a catalogue, from the truth that they match."""

from __future__ import annotations

import numpy as np
import pandas as pd

from radiofind.evaluation.matching import Selection, match_table


def known_classes(
    truth: pd.DataFrame, catalogue: pd.DataFrame, *, snr_min: float, radius_pixels: float
) -> pd.DataFrame:
    """Return the sources that match truth of a known class, one to one.

    Parameters
    ----------
    truth, catalogue
        With the region and patch of each row, as in `comparison.Comparison`. All sources take part.
    snr_min
        Truth takes part when its SNR is above this.
    radius_pixels
        Largest distance of a match. A match never joins two regions, and rows without a region have none.

    Returns
    -------
    pandas.DataFrame
        ``row`` in the catalogue, counted from 0; ``class`` of the truth; ``region`` and ``patch``.
    """
    every_source = Selection(snr_min=snr_min, cut="as_found", column="x", value=-np.inf)
    matches = match_table(truth, catalogue, selection=every_source, radius_pixels=radius_pixels)
    known = matches[(matches["class"] != "") & matches["x"].notna()]
    rows = pd.Index(catalogue["source_id"]).get_indexer(known["source_id"])
    return known[["class", "region", "patch"]].assign(row=rows).reset_index(drop=True)
