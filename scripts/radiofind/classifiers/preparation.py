"""Prepare cutouts as network input: clip, centre, crop, bin and scale them, without NaN."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

CENTRINGS = ("none", "centroid")
SCALINGS = ("peak", "sqrt", "raw", "2019")

BORDER_PART = 8
"""The noise is measured in a border of 1/8 of the smaller side, as the source is in the middle."""
OUTLIER_RMS = 3.0
"""Pixels of the border farther from its median belong to sources and are clipped."""
ROUNDS = 3
"""Number of clipping rounds."""
MOST_PIXELS = 4096
"""Maximum number of border pixels used, which determine the noise within 2 percent."""
MAD_TO_RMS = 1 / float(ndtri(0.75))
"""Ratio of rms and median absolute deviation of a normal distribution."""


@dataclass(frozen=True)
class Preparation:
    """How cutouts become network input; steps are applied in the order of the fields from the third on."""

    size_pixels: int
    """Side of the network's input."""
    binning: int = 1
    """Side of the squares of pixels averaged into one (1: no binning)."""
    clip_rms: float = 0.0
    """Pixels below this times the noise become 0 (0: no clipping), as in Lukic et al. 2018 and 2019."""
    centring: str = "none"
    """``none``, or ``centroid``: the centroid after clipping is shifted by whole pixels to the middle. Only
    twice the area of the first plane is used for it, as sources further out are others."""
    scaling: str = "peak"
    """``peak``: divided by the brightest pixel, and at least -1; ``sqrt``: the square root of that, with its
    sign; ``raw`` or ``2019`` (as in Lukic et al. 2019): unchanged, with NaN set to 0."""
    wide: int = 1
    """Factor of a second plane that shows more sky, binned by the same factor (1: no second plane)."""
    circle: bool = False
    """Whether to mask planes outside their inscribed circle, so that rotation changes nothing seen."""

    @property
    def planes(self) -> tuple[int, ...]:
        """Sky shown by each plane, relative to the first."""
        return (1, self.wide) if self.wide > 1 else (1,)

    def __post_init__(self) -> None:
        if min(self.size_pixels, self.binning, self.wide) < 1 or not self.clip_rms >= 0:
            raise ValueError(
                "size_pixels, binning and wide must be at least 1 and clip_rms at least 0, "
                f"not {self.size_pixels}, {self.binning}, {self.wide} and {self.clip_rms}"
            )
        if self.centring not in CENTRINGS or self.scaling not in SCALINGS:
            raise ValueError(
                f"centring must be one of {', '.join(CENTRINGS)} and scaling one of {', '.join(SCALINGS)}, "
                f"not {self.centring!r} and {self.scaling!r}"
            )


def prepare(images: np.ndarray, rms: np.ndarray | None, preparation: Preparation) -> np.ndarray:
    """Return cutouts prepared as network input.

    Parameters
    ----------
    images
        Linear in brightness, shape (n, rows, columns). Pixels that are not finite count as 0.
    rms
        Noise in the same unit, shape (n,); measured in the border of the cutout if NaN or None.
    preparation
        The steps of the preparation.

    Returns
    -------
    numpy.ndarray of float32, shape (n, size_pixels, size_pixels, planes)
        Without NaN; 0 outside a cutout and for an empty cutout.
    """
    images = np.asarray(images, dtype=np.float32)
    if images.ndim != 3:
        raise ValueError(f"images have shape {images.shape} instead of (n, rows, columns)")
    finite = np.isfinite(images)
    pixels = np.where(finite, images, np.float32(0))
    if preparation.clip_rms:
        threshold = np.float32(preparation.clip_rms) * _known_rms(images, finite, rms)
        pixels[pixels < threshold[:, None, None]] = 0
    side = preparation.size_pixels * preparation.binning
    first = _first_pixels(pixels, side, preparation.centring)
    planes = [
        _binned(_window(pixels, first - (side * wide - side) // 2, side * wide), preparation.binning * wide)
        for wide in preparation.planes
    ]
    seen = _inside_circle(preparation.size_pixels) if preparation.circle else np.float32(1)
    return _scaled(np.stack(planes, axis=-1) * seen, preparation.scaling)


def measure_rms(images: np.ndarray) -> np.ndarray:
    """Return the noise of cutouts, from the median absolute deviation of the pixels in their borders.

    Parameters
    ----------
    images
        Shape (n, rows, columns); NaN is left out.

    Returns
    -------
    numpy.ndarray of float32, shape (n,)
        0 if the border is empty.
    """
    images = np.asarray(images)
    inside = np.ones(images.shape[1:], dtype=bool)
    width = max(1, min(inside.shape) // BORDER_PART)
    inside[:width] = inside[-width:] = inside[:, :width] = inside[:, -width:] = False
    return np.array([_clipped_rms(image[~inside]) for image in images], dtype=np.float32)


def _clipped_rms(values: np.ndarray) -> float:
    """Return the rms of the pixels after clipping."""
    values, rms = values[np.isfinite(values)], 0.0
    values = values[:: -(-len(values) // MOST_PIXELS) or 1]
    for _ in range(ROUNDS):
        if not len(values):
            return 0.0
        distance = np.abs(values - np.median(values))
        rms = MAD_TO_RMS * float(np.median(distance))
        values = values[distance <= OUTLIER_RMS * rms]
    return rms


def _known_rms(images: np.ndarray, finite: np.ndarray, rms: np.ndarray | None) -> np.ndarray:
    """Return the noise of each image, measured if it is not given."""
    known = np.full(len(images), np.nan) if rms is None else np.asarray(rms)
    if known.shape != (len(images),):
        raise ValueError(f"rms has shape {known.shape} for {len(images)} images")
    known, unknown = known.astype(np.float32), ~np.isfinite(known)
    if unknown.any():
        known[unknown] = measure_rms(np.where(finite[unknown], images[unknown], np.float32(np.nan)))
    return known


def _first_pixels(pixels: np.ndarray, side: int, centring: str) -> np.ndarray:
    """Return the first row and column of the network's window in each image, shape (n, 2)."""
    shape = np.array(pixels.shape[1:])
    around_middle = np.broadcast_to(shape // 2 - side // 2, (len(pixels), 2))
    if centring == "none":
        return around_middle
    # Negative pixels are noise; with a sum near 0 the centroid could be anywhere.
    flux = np.maximum(_window(pixels, around_middle - side // 2, 2 * side), 0)
    total = flux.sum(axis=(1, 2), dtype=float)[:, None]
    along = [flux.sum(axis=axis, dtype=float) @ np.arange(2 * side) for axis in (2, 1)]
    centroid = np.stack(along, axis=1) / np.where(total > 0, total, 1) - side // 2
    return around_middle + np.where(total > 0, np.rint(centroid - (side - 1) / 2), 0).astype(int)


def _window(pixels: np.ndarray, first: np.ndarray, side: int) -> np.ndarray:
    """Return the square windows starting at these pixels, with 0 outside the images."""
    rows, columns = (first[:, axis, None] + np.arange(side) for axis in (0, 1))
    inside_rows, inside_columns = (
        (place >= 0) & (place < length)
        for place, length in zip((rows, columns), pixels.shape[1:], strict=True)
    )
    rows, columns = np.where(inside_rows, rows, 0), np.where(inside_columns, columns, 0)
    window = pixels[np.arange(len(pixels))[:, None, None], rows[:, :, None], columns[:, None, :]]
    window *= inside_rows[:, :, None]
    window *= inside_columns[:, None, :]
    return window


def _binned(window: np.ndarray, binning: int) -> np.ndarray:
    """Return the windows averaged over squares of this many pixels on a side."""
    if binning == 1:
        return window
    size = window.shape[1] // binning
    return window.reshape(-1, size, binning, size, binning).mean(axis=(2, 4))


def _inside_circle(size: int) -> np.ndarray:
    """Return 1 within the circle inside a square and 0 outside, shape (size, size, 1)."""
    distance = np.hypot(*(np.indices((size, size)) - (size - 1) / 2))
    return (distance <= size / 2)[..., None].astype(np.float32)


def _scaled(images: np.ndarray, scaling: str) -> np.ndarray:
    """Return images scaled so that the brightest pixel of the first plane is 1; 0 if none is above 0."""
    if scaling in ("raw", "2019"):
        return images
    peak = images[..., :1].max(axis=(1, 2), keepdims=True)
    bright = np.where(peak > 0, images, 0) / np.where(peak > 0, peak, 1)
    scaled = np.maximum(bright, -1)
    return np.sign(scaled) * np.sqrt(np.abs(scaled)) if scaling == "sqrt" else scaled
