"""Label sources by the number of components that PyBDSF fits to them (Lukic et al. 2018).

The paper counts the components of an image and assumes that it shows one source. Here only components of
the source are counted, not those of others in its cutout. So a double that PyBDSF splits into two sources
gives two sources of one component: labels are as good as PyBDSF's grouping.
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
"""The classes of each set. In ``two``, ``extended`` means two components or more: the paper compares compact
with multiple-component extended sources, and extended sources of one component belong to neither."""
LEFT_OUT = ""
"""Label of sources that belong to no class of the set, or whose class is unknown."""

SIGNIFICANCE = 3.0
"""Number of errors by which the logarithm of total over peak flux must exceed that of a point source."""
SMEARING = 1.1
"""Maximum total over peak flux of a bright point source: bandwidth and time smearing, and residual
calibration errors, broaden point sources this much."""


def label_components(catalogue: pd.DataFrame, *, classes: str) -> np.ndarray:
    """Return the class of each source of a catalogue; empty if it is left out.

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
        Strings, shape (n,). Left out are sources without a fitted component, sources of islands that no tile
        contains whole, sources of one component with unknown errors, and in the set ``two`` extended sources
        of one component.

    Raises
    ------
    ValueError
        If the set is unknown.

    Notes
    -----
    Lukic et al. 2018, two and four classes by component count. The criterion for extended sources of one
    component is ours, see `is_resolved`: the paper does not give its own.
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
    """Return 1 for sources wider than the beam, 0 for others, NaN if unknown.

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
    This is the envelope of total over peak flux against SNR by which surveys identify resolved sources, with
    the errors of each source instead of an SNR. The errors of the two fluxes are correlated in a fit, so
    their quadratic sum is conservative.
    """
    kinds = ("total", "peak")
    total, peak = (catalogue[f"apparent_{kind}_flux"].to_numpy() for kind in kinds)
    e_total, e_peak = (catalogue[f"e_apparent_{kind}_flux"].to_numpy() for kind in kinds)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.hypot(e_total / total, e_peak / peak)
        excess = np.log(total / peak) / np.hypot(np.log(SMEARING), SIGNIFICANCE * error)
    point = ~(catalogue["dc_major"].to_numpy() > 0)
    return np.where(point, 0.0, np.where(np.isfinite(excess), excess > 1, np.nan))
