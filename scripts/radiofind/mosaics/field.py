"""Load the pixels, noise and geometry of one tile for a finder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from radiofind.mosaics.box import Box
from radiofind.mosaics.images import ImageHeader, ImageSource, read_pixels
from radiofind.mosaics.injections import Injections, draw, injected_sources
from radiofind.mosaics.tile_images import read_planes
from radiofind.mosaics.tiles import Tile, edge_lines, tile_from

NEAR = 10
"""Maximum distance (pixels) of the pixel that replaces a blank one: sources may extend over a blank edge."""


@dataclass(frozen=True)
class Field:
    """The part of a mosaic in which a finder searches: one tile with its noise."""

    mosaic: str
    """Name of the mosaic."""
    header: ImageHeader
    """Header of the mosaic."""
    tile: Tile
    """The tile."""
    edges_x: np.ndarray
    """First and last columns of all tiles, except those at the edge of the mosaic."""
    edges_y: np.ndarray
    """First and last rows of all tiles, except those at the edge of the mosaic."""
    pixels: np.ndarray
    """2D float32 ndarray over `tile.box`, Jy/beam, NaN where blanked."""
    mean: np.ndarray
    """Mean of the noise, same shape."""
    rms: np.ndarray
    """Noise, same shape."""

    @property
    def beam_area_pixels(self) -> float:
        """The area of the beam at the centre of the mosaic."""
        return 2 * np.pi * float(np.sqrt(np.linalg.det(self.header.beam_pixels)))


def read_field(mosaic: str, image: ImageSource, *, tile: str | Path, noise: str | Path) -> Field:
    """Return a tile of a mosaic with its pixels and its noise.

    Parameters
    ----------
    mosaic
        Name of the mosaic.
    image
        The mosaic. Fake sources are added to its pixels, or pixels and mean are negated, if it says so; the
        noise stays as measured.
    tile, noise
        The tile file and the noise map of the tile.
    """
    description = json.loads(Path(tile).read_text())
    place = tile_from(description)
    header = image.read_header()
    tiling = {key: description[key] for key in ("core_pixels", "halo_pixels")}
    mean, rms = read_planes(noise, "MEAN", "RMS")
    pixels = read_pixels(header, place.box)
    if image.injected:
        sources = injected_sources(header, place.box, rms, Injections(**image.injected))
        pixels += draw(sources, header, place.box)
    if image.negated:
        pixels, mean = -pixels, -mean
    return Field(
        mosaic=mosaic,
        header=header,
        tile=place,
        edges_x=edge_lines(header.shape[1], **tiling),
        edges_y=edge_lines(header.shape[0], **tiling),
        pixels=pixels,
        mean=mean,
        rms=rms,
    )


def value_at(pixels: np.ndarray, x: np.ndarray, y: np.ndarray, box: Box) -> np.ndarray:
    """Return the value of the pixel nearest to each position, or of a close pixel if it is blank.

    Parameters
    ----------
    pixels
        2D ndarray over `box`.
    x, y
        Positions in mosaic pixels; those outside the box take its nearest pixel.
    box
        The pixels that the array covers.
    """
    column = np.clip(np.rint(x).astype(int), box.x0, box.x1 - 1) - box.x0
    row = np.clip(np.rint(y).astype(int), box.y0, box.y1 - 1) - box.y0
    values = pixels[row, column].astype(float)
    for blank in np.flatnonzero(np.isnan(values)):
        rows, columns = (slice(max(at[blank] - NEAR, 0), at[blank] + NEAR + 1) for at in (row, column))
        around = pixels[rows, columns]
        values[blank] = np.nanmedian(around) if np.isfinite(around).any() else np.nan
    return values
