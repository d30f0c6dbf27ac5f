"""Flag the sources of a mosaic by their neighbours and their size."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from radiofind.catalogues.side_lobes import BRIGHT_RATIO, NEAR_BEAMS
from radiofind.survey.directions import chord_of, unit_vectors

UNCONFIRMED = "unconfirmed"
"""Flag of a source that the owner of its position lacks."""
OUTSIDE_REGION = "outside_region"
"""Flag of a row whose source lies outside the region in which its mosaic counts."""
NEAR_BRIGHT = "near_bright"
"""Flag of a likely side lobe: a source near a much brighter one."""
BLENDED = "blended"
"""Flag of a source whose measurement a neighbour may disturb."""
WIDE = "wide"
"""Flag of a source much wider than the beam."""

BLENDED_BEAMS = 1.5
"""Distance at which a point source has fallen to 0.2 % of its peak; at one beam it is 6 %."""
WIDE_BEAMS = 2.5
"""Size above which LoTSS looks at sources by eye: 15 arcsec (Williams et al. 2019)."""


def flags_by_neighbours(table: pd.DataFrame, *, beam_arcsec: float) -> pd.Series:
    """Return the flags of the sources of a mosaic with further flags, words separated by commas.

    Parameters
    ----------
    table
        The catalogue of the mosaic: columns ``ra``, ``dec``, ``apparent_peak_flux``, ``major`` and ``flags``.
    beam_arcsec
        Width of the beam (FWHM).
    """
    tree = cKDTree(unit_vectors(table["ra"].to_numpy(), table["dec"].to_numpy()))
    peak = table["apparent_peak_flux"].to_numpy()
    near_bright, blended = (np.zeros(len(table), dtype=bool) for _ in range(2))
    if len(table):
        pairs = tree.query_pairs(chord_of(NEAR_BEAMS * beam_arcsec), output_type="ndarray")
        for one, other in (pairs.T, pairs.T[::-1]):
            near_bright[one[peak[other] >= BRIGHT_RATIO * peak[one]]] = True
        close = tree.query_pairs(chord_of(BLENDED_BEAMS * beam_arcsec), output_type="ndarray")
        blended[close.ravel()] = True
    wide = (table["major"] > WIDE_BEAMS * beam_arcsec).to_numpy()
    flags = table["flags"]
    for word, holds in ((NEAR_BRIGHT, near_bright), (BLENDED, blended), (WIDE, wide)):
        flags = with_flag(flags, word, holds)
    return flags


def with_flag(flags: pd.Series, word: str, holds: np.ndarray) -> pd.Series:
    """Return flags with a word added where it holds."""
    if not holds.any():
        return flags
    flags = flags.copy()
    flags[holds] = (flags[holds] + f",{word}").str.removeprefix(",")
    return flags


def count_flags(flags: pd.Series) -> dict[str, int]:
    """Return how many rows have each flag, in alphabetical order."""
    kinds = flags.value_counts()
    words = sorted({word for kind in kinds.index for word in kind.split(",") if word})
    return {word: int(sum(n for kind, n in kinds.items() if word in kind.split(","))) for word in words}
