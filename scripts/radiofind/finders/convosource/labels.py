"""Read pixels, noise and truth in the boxes of mosaics on which networks are trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radiofind.evaluation.placed_truth import CLASSES
from radiofind.finders.convosource.training_data import Ground
from radiofind.mosaics.box import Box
from radiofind.mosaics.images import read_pixels
from radiofind.mosaics.noise_summary import median_noise, sample_noise
from radiofind.mosaics.regions import PATCH_PIXELS
from radiofind.mosaics.tile_images import read_planes
from radiofind.mosaics.tiles import Tile

CODES = {**{name: code for code, name in enumerate(CLASSES, start=1)}, "": len(CLASSES) + 1}
"""Numbers of the classes, as in SDC1; the last is for sources of unknown class."""


@dataclass(frozen=True)
class Strip:
    """Some rows of a box."""

    box: Box
    """The rectangle."""
    pixels: np.ndarray
    """2D float32 ndarray of shape `box.shape`, Jy/beam, NaN where blanked."""
    mean: np.ndarray
    """Mean of the noise, in the same form."""
    rms: np.ndarray
    """Noise, in the same form."""


@dataclass(frozen=True)
class NoiseLevel:
    """The mean and the median noise in a box."""

    mean: float
    """Mean of the noise map, Jy/beam."""
    median: float
    """Median of the noise map, Jy/beam."""


def read_strips(ground: Ground, boxes: Iterable[Box]) -> Iterator[Strip]:
    """Yield rectangles of a mosaic with their noise, keeping in memory only the noise maps under each.

    Parameters
    ----------
    ground
        The mosaic.
    boxes
        The rectangles, ordered by row.
    """
    maps: dict[Tile, list[np.ndarray]] = {}
    for box in boxes:
        below = [tile for tile in ground.noise if tile.core.overlap(box)]
        maps = {tile: maps.get(tile) or read_planes(ground.noise[tile], "MEAN", "RMS") for tile in below}
        yield Strip(box, read_pixels(ground.header, box), *_pieced_together(maps, box))


def measure_level(ground: Ground) -> NoiseLevel:
    """Return the noise of a mosaic in its train box, or else in its validation box, without the gap.

    Parameters
    ----------
    ground
        The mosaic, with at least one of the boxes.

    Raises
    ------
    ValueError
        If one of its boxes contains blank pixels.
    """
    levels = [_level_in(ground, split) for split in ground.inner]
    return levels[0]


def label_truth(ground: Ground, split: str, *, train_snr: float, rms: float | None = None) -> pd.DataFrame:
    """Return the truth in a box of a mosaic.

    Parameters
    ----------
    ground
        The mosaic.
    split
        ``train`` or ``validation``.
    train_snr
        SNR above which the network should find a source.
    rms
        Noise for all sources, Jy/beam; by default the noise map at each source.

    Returns
    -------
    pandas.DataFrame
        ``x``, ``y`` (mosaic pixels), ``apparent_total_flux`` (Jy), ``snr`` (apparent total flux over noise)
        and ``code`` (see `CODES`) of all sources in the box without its gap, whatever their SNR.

    Raises
    ------
    ValueError
        If there are no sources, or none above `train_snr`.
    """
    inside = ground.inner[split].holds(ground.truth["x"], ground.truth["y"])
    truth = ground.truth[inside].reset_index(drop=True)
    place = ground.place(split)
    if truth.empty:
        raise ValueError(
            f"{place}: contains none of the {len(ground.truth)} truth sources of {ground.truth_path} near "
            "it; choose another box"
        )
    snr = truth["apparent_total_flux"] / (truth["rms"] if rms is None else rms)
    if not (snr > train_snr).any():
        raise ValueError(
            f"{place}: the {len(truth)} truth sources of {ground.truth_path} reach only {snr.max():.2g} x "
            f"rms, not train_snr ({train_snr:g} x rms); choose a larger box or a lower train_snr"
        )
    code = truth["class"].map(CODES).astype(np.uint8)
    return truth[["x", "y", "apparent_total_flux"]].assign(snr=snr, code=code)


def _level_in(ground: Ground, split: str) -> NoiseLevel:
    """Return the noise in one box; raise an error if it contains blank pixels."""
    box = ground.inner[split]
    rows = [(y, min(y + PATCH_PIXELS, box.y1)) for y in range(box.y0, box.y1, PATCH_PIXELS)]
    total, n_blank, first, samples = 0.0, 0, None, []
    for strip in read_strips(ground, [Box(x0=box.x0, x1=box.x1, y0=y0, y1=y1) for y0, y1 in rows]):
        y, x = np.nonzero(~(np.isfinite(strip.pixels + strip.mean) & (strip.rms > 0)))
        if len(x) and first is None:
            first = f"x={strip.box.x0 + x[0]}, y={strip.box.y0 + y[0]}"
        n_blank += len(x)
        total += strip.rms.sum(dtype=float)
        samples.append(sample_noise(strip.rms))
    if n_blank:
        raise ValueError(
            f"{ground.place(split)}: contains {n_blank} blank pixel(s) of {ground.header.path}, the first at "
            f"{first}; choose a box without blank pixels"
        )
    return NoiseLevel(mean=total / (box.shape[0] * box.shape[1]), median=median_noise(samples))


def _pieced_together(maps: Mapping[Tile, list[np.ndarray]], box: Box) -> np.ndarray:
    """Return mean and noise over a box, each pixel from the tile in whose core it lies; NaN without one."""
    planes = np.full((2, *box.shape), np.nan, dtype=np.float32)
    for tile, pair in maps.items():
        shared = tile.core.overlap(box)
        for plane, piece in zip(planes, pair, strict=True):
            plane[shared.within(box)] = piece[shared.within(tile.box)]
    return planes
