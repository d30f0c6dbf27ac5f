"""Label sources by the number of components that PyBDSF fits to them (Lukic et al. 2018).

The paper counts the components of an image and takes it to show one source. Here they are the components of
the source alone: what else lies in its cutout is not counted. So a double that PyBDSF takes for two sources
is two sources of one component, and a label is as good as PyBDSF's grouping.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

COMPACT = "compact"
EXTENDED = "extended"
SINGLE = "single_component_extended"
DOUBLE = "two_component_extended"
MULTIPLE = "multiple_component_extended"

CLASSES = {"two": (COMPACT, EXTENDED), "four": (COMPACT, SINGLE, DOUBLE, MULTIPLE)}
"""The classes of each set. Of ``two``, ``extended`` has two components or more: the paper sets compact
sources against multiple-component extended ones, and extended sources of one component belong to neither."""
LEFT_OUT = ""
"""Label of sources that are of no class of the set, or of which it cannot be said."""

SIGNIFICANCE = 3.0
"""Errors by which the logarithm of total over peak flux must exceed that of a point source."""
SMEARING = 1.1
"""Total over peak flux that a bright point source may have: the bands and integration times of surveys, and
what calibration leaves, widen point sources by so much."""


def label_components(catalogue: pd.DataFrame, *, classes: str) -> np.ndarray:
    """Return the class of each source of a catalogue, and an empty text where it is left out.

    Parameters
    ----------
    catalogue
        A catalogue of a finder that fits Gaussians (docs/catalogues.md), with n_components, dc_major, flags
        and the apparent fluxes with their errors.
    classes
        ``two`` or ``four``: the set of classes, see `CLASSES`.

    Returns
    -------
    numpy.ndarray
        Texts of shape (n,). Left out are sources without a fitted component, sources of islands that no tile
        sees whole, sources of one component whose errors are not known, and in the set ``two`` extended
        sources of one component.

    Raises
    ------
    ValueError
        When the set is not known.

    Notes
    -----
    Lukic et al. 2018, two and four classes by component count. The line between compact and extended sources
    of one component is ours, see `is_resolved`: the paper's is not known.
    """
    if classes not in CLASSES:
        raise ValueError(f"Expected classes {' or '.join(CLASSES)}, received {classes!r}")
    count = catalogue["n_components"].to_numpy()
    single, resolved = count == 1, is_resolved(catalogue)
    chosen = [
        (single & (resolved == 0), COMPACT),
        (single & (resolved == 1), SINGLE if classes == "four" else LEFT_OUT),
        (count == 2, DOUBLE if classes == "four" else EXTENDED),
        (count >= 3, MULTIPLE if classes == "four" else EXTENDED),
    ]
    conditions, labels = zip(*chosen, strict=True)
    whole = ~catalogue["flags"].str.contains("island_cut").to_numpy(dtype=bool)
    return np.where(whole, np.select(conditions, labels, default=LEFT_OUT), LEFT_OUT)


def is_resolved(catalogue: pd.DataFrame) -> np.ndarray:
    """Return 1 for sources that are wider than the beam, 0 for others, NaN where it cannot be said.

    Parameters
    ----------
    catalogue
        Columns dc_major (arcsec, 0 or NaN for sources that deconvolve to a point), apparent_peak_flux,
        apparent_total_flux and their errors.

    Returns
    -------
    numpy.ndarray
        Float of shape (n,). A source is resolved when its deconvolved major axis is above 0 and ln(total /
        peak) is above the root of ln(1.1)^2 + (3 e)^2, with e^2 = (e_total / total)^2 + (e_peak / peak)^2.

    Notes
    -----
    The envelope of total over peak flux against SNR by which surveys tell resolved sources, with the errors
    of each source in place of an SNR. The errors of the two fluxes go up and down together in a fit, so their
    quadratic sum is on the safe side: a source called resolved is.
    """
    kinds = ("total", "peak")
    total, peak = (catalogue[f"apparent_{kind}_flux"].to_numpy() for kind in kinds)
    e_total, e_peak = (catalogue[f"e_apparent_{kind}_flux"].to_numpy() for kind in kinds)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.hypot(e_total / total, e_peak / peak)
        excess = np.log(total / peak) / np.hypot(np.log(SMEARING), SIGNIFICANCE * error)
    point = ~(catalogue["dc_major"].to_numpy() > 0)
    return np.where(point, 0.0, np.where(np.isfinite(excess), excess > 1, np.nan))
