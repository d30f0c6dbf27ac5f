"""Distinguish FRI and FRII by the position of the brightest emission between host and end of the source.

The rule of Lukic et al. 2019 (d1, d2 against Maxd1, Maxd2) in the form that Mingo et al. 2019 published.
Their lengths are pixels of 1.5 arcsec and a beam of 6 arcsec; here they are in beams, so that the rule holds
for any survey. Without an optical host, the catalogue position is used; for a lopsided source it can be far
from the nucleus. The papers checked their labels by eye; these labels are unchecked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import convolve
from scipy.spatial.distance import cdist, pdist

UNRESOLVED, FRI, FRII = "unresolved", "FRI", "FRII"
HYBRID, SMALL, FAINT, CUT = "hybrid", "small", "faint", "cut"
"""Other results of `class_of`, which data sets leave out."""
CLASSES = (UNRESOLVED, FRI, FRII)
"""The classes of Lukic et al. 2019."""

LEAST_PIXELS = 5
"""Sources with fewer pixels above the threshold are faint."""
CORE = 0.75
"""A peak closer to the host than this is the core (3 pixels in the paper); all lengths here are in beams."""
CORE_EXTENT = 2.0
"""A source shorter than this with the core as its brightest peak is unresolved (8 pixels)."""
CORE_RADIUS = 1.25
"""Radius masked around a bright core before searching the peaks of the jets (5 pixels)."""
APART = 1.5
"""Minimum distance of the second peak from the first (6 pixels); from the host it is `CORE`."""
SHORTEST = 2.0
"""A source whose first side is shorter than this is unresolved (8 pixels)."""
SMALL_PEAKS = 5.0
"""If the path from peak to peak via the host is shorter (20 pixels), sources below `SMALL_WITH_PEAKS` are
small."""
SMALL_WITH_PEAKS = 40 / 6
"""See `SMALL_PEAKS` (40 arcsec)."""
SMALL_ANYWAY = 4.5
"""A source smaller than this is always small (27 arcsec)."""
WEDGE_DEG, WEDGE_WITH_CORE_DEG = 60.0, 90.0
"""Half opening angle of a side at the host, around its peak; the larger for the first side if core-bright."""

PLUS = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 4
"""Kernel for the peak search: the mean over the four neighbours of the pixel's value plus the neighbour's."""


@dataclass(frozen=True)
class Morphology:
    """The shape of one masked source; lengths in arcsec, 0 if absent."""

    d1: float
    """From the host to the brightest peak that is not a bright core."""
    d2: float
    """From the host to the brightest peak of the other side; 0 without one."""
    max1: float
    """From the host to the farthest pixel of the first side."""
    max2: float
    """From the host to the farthest pixel of the second side."""
    extent_arcsec: float
    """Largest distance between two pixels, centre to centre."""
    size_arcsec: float
    """`extent_arcsec` deconvolved from the beam: the root of the difference of their squares."""
    core_bright: bool
    """Whether the brightest peak of all is at the host (see `CORE`)."""
    reaches_edge: bool
    """Whether a pixel is on the edge of the cutout, so that the source may be incomplete."""
    n_valid: int
    """Pixels above the mask."""
    total_flux: float
    """Sum of the pixels divided by the beam area: Jy for an image in Jy/beam."""
    beam_arcsec: float
    """FWHM of the beam, the unit of the rule's lengths."""


@dataclass(frozen=True)
class _Source:
    """The pixels of a source, as offsets from its host."""

    offset: np.ndarray
    """x and y in arcsec, shape (n, 2)."""
    peak: np.ndarray
    """Value of `PLUS`, or -inf on the edge of the cutout, where peaks are not allowed; shape (n,)."""

    @property
    def distance(self) -> np.ndarray:
        """Distance from the host."""
        return np.hypot(*self.offset.T)


def measure_morphology(
    masked: np.ndarray, *, host: tuple[float, float], pixel_arcsec: float, beam_arcsec: float
) -> Morphology:
    """Return the shape of a masked source.

    Parameters
    ----------
    masked
        2D float ndarray from `masking.mask_cutout`: 0 outside the source, Jy/beam inside.
    host
        Position x, y of the host in pixels of the cutout.
    pixel_arcsec
        Pixel size.
    beam_arcsec
        FWHM of the beam, the geometric mean of its axes.

    Notes
    -----
    Lukic et al. 2019 for d1, d2, Maxd1 and Maxd2; the steps are those of Mingo et al. 2019.

    1. Peaks are searched in the image plus the mean of the four neighbours, excluding the edge.
    2. If the brightest peak is less than `CORE` from the host, the source is core-bright, and unless it is
       shorter than `CORE_EXTENT`, pixels within `CORE_RADIUS` of the host no longer count as peaks.
    3. The brightest peak is d1 from the host; max1 is the farthest pixel less than 60 deg from its direction,
       90 deg if core-bright.
    4. Of the pixels that are farther than that in angle, farther than `CORE` from the host and farther than
       `APART` from the first peak, the brightest peak is d2 from the host; max2 is the farthest pixel less
       than 60 deg from its direction.
    """
    row, column = np.nonzero(masked)
    source = _source_of(masked, row, column, host, pixel_arcsec)
    extent = _extent(source.offset)
    core_bright = _has_bright_core(source, beam_arcsec)
    if core_bright and extent >= CORE_EXTENT * beam_arcsec:
        far = source.distance > CORE_RADIUS * beam_arcsec
        source = _Source(source.offset, np.where(far, source.peak, -np.inf))
    (d1, max1), (d2, max2) = _sides(source, core_bright, beam_arcsec)
    beam_pixels = np.pi / (4 * np.log(2)) * (beam_arcsec / pixel_arcsec) ** 2
    return Morphology(
        d1=d1,
        d2=d2,
        max1=max1,
        max2=max2,
        extent_arcsec=extent,
        size_arcsec=float(np.sqrt(max(extent**2 - beam_arcsec**2, 0.0))),
        core_bright=core_bright,
        reaches_edge=bool(_on_edge(row, column, masked.shape).any()),
        n_valid=len(row),
        total_flux=float(masked.sum(dtype=float) / beam_pixels),
        beam_arcsec=beam_arcsec,
    )


def class_of(morphology: Morphology, *, least_flux: float = 0.0) -> str:
    """Return the class of a source, by the first rule that applies.

    Parameters
    ----------
    morphology
        Its shape.
    least_flux
        Sources with less total flux (Jy) are faint. LoTSS (Mingo et al. 2019) used 0.001.

    Returns
    -------
    str
        ``faint``: fewer than `LEAST_PIXELS` pixels, or too little flux.
        ``cut``: reaches the edge of the cutout (our rule; the papers choose the cutout by the source).
        ``unresolved``: core-bright and shorter than `CORE_EXTENT`, or the first side shorter than `SHORTEST`.
        ``small``: see `SMALL_PEAKS` and `SMALL_ANYWAY`.
        ``FRI``: core-bright, or d1 < max1 / 2 and d2 <= max2 / 2.
        ``FRII``: d1 >= max1 / 2 and d2 > max2 / 2.
        ``hybrid``: one of each.

    Notes
    -----
    Mingo et al. 2019. A one-sided source has d2 = max2 = 0, so it is FRI or hybrid, never FRII.
    """
    beam = morphology.beam_arcsec
    if morphology.n_valid < LEAST_PIXELS or morphology.total_flux < least_flux:
        return FAINT
    if morphology.reaches_edge:
        return CUT
    core_alone = morphology.core_bright and morphology.extent_arcsec < CORE_EXTENT * beam
    if core_alone or morphology.max1 < SHORTEST * beam:
        return UNRESOLVED
    peaks_near = morphology.d1 + morphology.d2 < SMALL_PEAKS * beam
    if morphology.size_arcsec < (SMALL_WITH_PEAKS if peaks_near else SMALL_ANYWAY) * beam:
        return SMALL
    if morphology.core_bright:
        return FRI
    darkened = morphology.d1 < morphology.max1 / 2, morphology.d2 <= morphology.max2 / 2
    return {(True, True): FRI, (False, False): FRII}.get(darkened, HYBRID)


def _source_of(
    masked: np.ndarray, row: np.ndarray, column: np.ndarray, host: tuple[float, float], pixel_arcsec: float
) -> _Source:
    """Return the pixels of a source."""
    offset = (np.column_stack([column, row]) - np.asarray(host, dtype=float)) * pixel_arcsec
    height = convolve(masked.astype(float), PLUS, mode="constant")[row, column]
    return _Source(offset, np.where(_on_edge(row, column, masked.shape), -np.inf, height))


def _on_edge(row: np.ndarray, column: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return which pixels are on the edge of the cutout."""
    return (row == 0) | (column == 0) | (row == shape[0] - 1) | (column == shape[1] - 1)


def _extent(offset: np.ndarray) -> float:
    """Return the largest distance between two pixels, which are the first or last in their rows."""
    order = np.lexsort(offset.T)
    rows = offset[order, 1]
    turn = np.flatnonzero(np.diff(rows, prepend=np.nan, append=np.nan) != 0)
    ends = offset[order[np.concatenate([turn[:-1], turn[1:] - 1])]]
    return float(pdist(ends).max(initial=0.0))


def _has_bright_core(source: _Source, beam_arcsec: float) -> bool:
    """Return whether the brightest peak is at the host."""
    peak = _brightest(source, np.ones(len(source.peak), dtype=bool))
    return peak is not None and bool(source.distance[peak] < CORE * beam_arcsec)


def _brightest(source: _Source, allowed: np.ndarray) -> int | None:
    """Return the index of the brightest allowed peak, if any."""
    peak = np.where(allowed, source.peak, -np.inf)
    return int(peak.argmax()) if np.isfinite(peak).any() else None


def _sides(
    source: _Source, core_bright: bool, beam_arcsec: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return d and max of the two sides, 0 for an absent side."""
    first = _brightest(source, np.ones(len(source.peak), dtype=bool))
    if first is None:
        return (0.0, 0.0), (0.0, 0.0)
    width = WEDGE_WITH_CORE_DEG if core_bright else WEDGE_DEG
    apart = cdist(source.offset, source.offset[[first]])[:, 0] > APART * beam_arcsec
    elsewhere = ~_in_wedge(source, first, width) & apart & (source.distance > CORE * beam_arcsec)
    second = _brightest(source, elsewhere)
    one = _reach(source, first, width)
    return one, (0.0, 0.0) if second is None else _reach(source, second, WEDGE_DEG)


def _reach(source: _Source, peak: int, width_deg: float) -> tuple[float, float]:
    """Return the distances from the host of a peak and of the end of its side."""
    return float(source.distance[peak]), float(source.distance[_in_wedge(source, peak, width_deg)].max())


def _in_wedge(source: _Source, peak: int, width_deg: float) -> np.ndarray:
    """Return which pixels are within an angle of the direction of a peak, always including the peak."""
    along = source.offset @ source.offset[peak]
    inside = along >= np.cos(np.deg2rad(width_deg)) * source.distance * source.distance[peak]
    inside[peak] = True
    return inside
