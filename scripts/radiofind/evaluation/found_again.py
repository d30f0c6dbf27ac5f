"""Tell which fake sources a search found, and what it measured of them.

A fake source and a detection within the matching radius are a match if the detection is new: if the
catalogue of the real search has no source within the radius of the detection; or if the fake source is
brighter than all such sources together, and the flux has risen by at least `LEAST_RISE` of what was injected.
Of these pairs the closest come first, each row used once.

A double may be found as one source or as two. Its middle and its two points count as three fake sources, the
points with half of the flux each; the double is found if one of them is.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from radiofind.evaluation.matching import closest_first, nearby_pairs, positions
from radiofind.evaluation.pulls import with_pulls
from radiofind.mosaics.injections import DOUBLE

LEAST_RISE = 0.5
"""Least rise of the flux where the catalogue had a source, over the injected flux, for a match."""
OF_PARTNERS = ["ra", "dec", "x", "y", "e_ra", "e_dec", "e_apparent_total_flux", "resolved"]
"""Columns of the detections that are compared with the injected sources."""


def find_again(
    injected: pd.DataFrame,
    components: pd.DataFrame,
    found: pd.DataFrame,
    before: pd.DataFrame,
    *,
    radius_pixels: float,
) -> pd.DataFrame:
    """Return injected sources with what a search found of them.

    Parameters
    ----------
    injected
        Columns ``x``, ``y``, ``ra``, ``dec`` (deg), ``shape`` and ``injected_flux`` (Jy).
    components
        Their Gaussians, from `injections.components_of`.
    found
        Catalogue of the search with the injections.
    before
        Catalogue of the real search.
    radius_pixels
        Largest distance of a match.

    Returns
    -------
    pandas.DataFrame
        The rows of `injected` with ``found``, ``n_detections`` (1 or 0; of a double up to 3), ``blended``
        (one of them is where the catalogue had a source), ``found_flux`` (Jy, their sum less the flux that
        was there before), its error ``e_found_flux``, ``found_resolved`` (one of them is), ``flux_ratio``
        (found over injected), ``d_x_pixels`` and ``d_y_pixels`` (their mean weighted by flux, minus
        injected), and the columns of `pulls.with_pulls`, NaN of doubles. NaN where nothing was found.
    """
    aims = _aims(injected, components)
    n_before, flux_before = _known_at(found, before, radius_pixels)
    flux = found["apparent_total_flux"].to_numpy() - flux_before
    pairs = nearby_pairs(positions(aims), positions(found), radius_pixels=radius_pixels)
    of_pairs = aims["injected_flux"].to_numpy()[pairs.truth]
    is_most = (of_pairs > flux_before[pairs.detection]) & (flux[pairs.detection] >= LEAST_RISE * of_pairs)
    pairs = closest_first(pairs.where((n_before[pairs.detection] == 0) | is_most))
    found = found[OF_PARTNERS].assign(found_flux=flux, blended=n_before > 0)
    partners = found.iloc[pairs.detection].set_axis(aims["source"].to_numpy()[pairs.truth])
    table = injected.assign(**_measured(partners, injected))
    alone = partners[(injected["shape"] != DOUBLE).to_numpy()[partners.index]]
    return with_pulls(table, alone.reindex(range(len(injected))).set_axis(injected.index))


def _aims(injected: pd.DataFrame, components: pd.DataFrame) -> pd.DataFrame:
    """Return the places where a detection may be one of a source, with the flux that it would have there."""
    middles = injected[["x", "y", "injected_flux"]].assign(source=np.arange(len(injected)))
    return pd.concat([components, middles[injected["shape"] == DOUBLE]], ignore_index=True)


def _measured(partners: pd.DataFrame, injected: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the columns of `find_again` from the detections, whose index is the number of their source."""
    source = partners.index.to_numpy(np.int64)

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(source, weights=values, minlength=len(injected))

    n = np.bincount(source, minlength=len(injected))
    known = np.where(n > 0, 1.0, np.nan)
    flux = known * total(partners["found_flux"])
    share = np.where(n[source] == 1, 1.0, partners["found_flux"] / flux[source])
    x, y = (known * total(share * partners[axis]) for axis in ("x", "y"))
    return {
        "found": n > 0,
        "n_detections": n,
        "blended": total(partners["blended"]) > 0,
        "found_flux": flux,
        "e_found_flux": known * np.sqrt(total(partners["e_apparent_total_flux"] ** 2)),
        "found_resolved": total(partners["resolved"].eq(True)) > 0,
        "flux_ratio": flux / injected["injected_flux"].to_numpy(),
        "d_x_pixels": x - injected["x"].to_numpy(),
        "d_y_pixels": y - injected["y"].to_numpy(),
    }


def _known_at(
    found: pd.DataFrame, before: pd.DataFrame, radius_pixels: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return number and total flux of the catalogued sources within the radius of each detection."""
    pairs = nearby_pairs(positions(found), positions(before), radius_pixels=radius_pixels)
    fluxes = np.nan_to_num(before["apparent_total_flux"].to_numpy(float))[pairs.detection]
    number = np.bincount(pairs.truth, minlength=len(found))
    return number, np.bincount(pairs.truth, weights=fluxes, minlength=len(found))
