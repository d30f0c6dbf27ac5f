"""Decide which row of each source is primary, and name the sources.

The position of a source, the mean of its rows, decides which mosaic owns it (see `footprints`), and the row
of that mosaic is primary. It does not matter on which side of a boundary the single rows lie. No row of a
mosaic is primary whose source is outside the region of the mosaic.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from radiofind.survey.directions import chords, positions_of
from radiofind.survey.duplicates import Rows
from radiofind.survey.footprints import NOBODY, Footprint, outside_regions, owners_of
from radiofind.survey.names import iau_names


def settle(rows: Rows, groups: np.ndarray, footprints: Sequence[Footprint], *, prefix: str) -> pd.DataFrame:
    """Return what a survey says of each row.

    Parameters
    ----------
    rows
        The rows, sorted by position.
    groups
        Number of the source of each row.
    footprints
        The mosaics by their numbers, which are in the order of their names.
    prefix
        The acronym before the position in the names of sources.

    Returns
    -------
    pandas.DataFrame
        ``name`` of its source; ``is_primary``; ``n_mosaics`` that have its source; ``is_unconfirmed``:
        whether the owner of the source lacks it; and ``is_outside``: whether the source is outside the
        region of the mosaic.
    """
    sums = [np.bincount(groups, weights=axis) for axis in rows.directions.T]
    middle = np.column_stack(sums) / np.linalg.norm(sums, axis=0)[:, np.newaxis]
    ra, dec = positions_of(middle)
    owner = owners_of(ra, dec, footprints)[groups]
    outside = outside_regions(ra[groups], dec[groups], rows.mosaic, footprints)
    centres = np.array([one.direction for one in footprints]).reshape(-1, 3)
    distance = chords(middle[groups], centres[rows.mosaic])
    order = np.lexsort((rows.mosaic, distance, outside, rows.mosaic != owner, groups))
    first = order[np.diff(groups[order], prepend=-1) > 0]
    confirmed = ((owner == rows.mosaic) | (owner == NOBODY) & ~outside)[first]
    names = iau_names(rows.ra[first], rows.dec[first], prefix=prefix)
    primary = np.zeros(len(groups), dtype=bool)
    primary[first] = confirmed
    return pd.DataFrame(
        {
            "name": names.take(groups).array,
            "is_primary": primary,
            "n_mosaics": np.bincount(groups)[groups],
            "is_unconfirmed": ~confirmed[groups] & (owner != NOBODY),
            "is_outside": outside,
        }
    )
