"""Read the part of a mosaic that belongs to a training set: its boxes, their noise, and its truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from radiofind.evaluation.placed_truth import place_truth
from radiofind.evaluation.truth import read_truth
from radiofind.mosaics.box import Box, parse_box
from radiofind.mosaics.images import ImageHeader, ImageSource
from radiofind.mosaics.noise_summary import noise_at
from radiofind.mosaics.primary_beams import beam_sampler
from radiofind.mosaics.regions import training_box
from radiofind.mosaics.tile_images import read_planes
from radiofind.mosaics.tiles import Tile, read_tile

SPLITS = ("train", "validation")


@dataclass(frozen=True)
class Ground:
    """The boxes, noise and truth of one mosaic of a training set."""

    mosaic: str
    """Name of the mosaic."""
    header: ImageHeader
    """Header of its image."""
    noise: Mapping[Tile, Path]
    """Noise maps, at least those of the tiles under the boxes."""
    truth: pd.DataFrame
    """As `placed_truth.place_truth` returns it; sources outside those tiles may be missing."""
    truth_path: Path
    """Path of the truth, for error messages."""
    boxes: Mapping[str, Box]
    """Boxes in the mosaic sheet, by split."""
    inner: Mapping[str, Box]
    """The boxes without their gaps (see `regions.training_box`)."""

    def place(self, split: str) -> str:
        """Return the name of one of its boxes for error messages."""
        return f"{self.mosaic}, {split}_box {self.boxes[split]}"


def read_ground(
    mosaic: str,
    image: ImageSource,
    *,
    truth: str | Path,
    truth_format: str,
    tiles: Sequence[str | Path],
    noise: Sequence[str | Path],
    train_box: str | None = None,
    validation_box: str | None = None,
) -> Ground:
    """Return the boxes, noise and truth of a mosaic of a training set.

    Parameters
    ----------
    mosaic
        Name of the mosaic.
    image
        Its image, with the primary beam.
    truth, truth_format, train_box, validation_box
        As in the mosaic sheet.
    tiles, noise
        Tile files and noise maps of the tiles under the boxes, in the same order.

    Raises
    ------
    ValueError
        If a box is smaller than a patch, or no truth source lies on the mosaic.
    """
    header = image.read_header()
    cells = {"train": train_box, "validation": validation_box}
    boxes = {split: parse_box(cells[split], header.shape) for split in SPLITS if cells[split]}
    inner = {split: _training_box(mosaic, split, box, header.shape) for split, box in boxes.items()}
    maps = {read_tile(tile): Path(path) for tile, path in zip(tiles, noise, strict=True)}
    placed = _read_truth(mosaic, header, maps, truth, truth_format, image.primary_beam)
    return Ground(mosaic, header, maps, placed, Path(truth), boxes, inner)


def _training_box(mosaic: str, split: str, box: Box, shape: tuple[int, int]) -> Box:
    """Return the result of `training_box`, or raise its error with the mosaic and the column."""
    try:
        return training_box(box, shape)
    except ValueError as error:
        raise ValueError(f"{mosaic}, {split}_box: {error}") from error


def _read_truth(
    mosaic: str,
    header: ImageHeader,
    maps: Mapping[Tile, Path],
    path: str | Path,
    truth_format: str,
    primary_beam: str | Path | None,
) -> pd.DataFrame:
    """Return the truth on the mosaic; raise an error if there is none."""
    truth = read_truth(path, truth_format=truth_format)
    x, y = header.coordinates.to_pixels(truth["ra"], truth["dec"])
    rows, columns = header.shape
    if not Box(x0=0, x1=columns, y0=0, y1=rows).holds(x, y).any():
        raise ValueError(
            f"{mosaic}: none of the {len(truth)} truth sources in {path} "
            f"({_covered(truth['ra'], truth['dec'])}) is on {header.path} ({_sky_of(header)}); "
            "give the truth of this field"
        )
    beam = beam_sampler(primary_beam)(truth["ra"], truth["dec"])
    rms = noise_at(x, y, list(maps), read=lambda tile: read_planes(maps[tile], "RMS")[0])
    return place_truth(truth, x, y, primary_beam=beam, rms=rms)


def _sky_of(header: ImageHeader) -> str:
    """Return the sky coverage of an image as text, from points along its edges."""
    rows, columns = header.shape
    across, up = np.linspace(0, columns - 1, 20), np.linspace(0, rows - 1, 20)
    x = np.concatenate([across, across, np.zeros(20), np.full(20, columns - 1)])
    y = np.concatenate([np.zeros(20), np.full(20, rows - 1), up, up])
    return _covered(*header.coordinates.to_sky(x, y))


def _covered(ra: np.ndarray, dec: np.ndarray) -> str:
    """Return the range of positions in deg as text; RA may cross 0."""
    ra, dec = (np.asarray(angle, dtype=float) for angle in (ra, dec))
    ra, dec = ra[np.isfinite(ra)], dec[np.isfinite(dec)]
    if not len(ra) or not len(dec):
        return "no sky"
    centre = np.rad2deg(np.angle(np.exp(1j * np.deg2rad(ra)).sum()))
    offset = (ra - centre + 180) % 360 - 180
    low, high = (centre + offset.min()) % 360, (centre + offset.max()) % 360
    return f"RA {low:.3f} to {high:.3f} and Dec {dec.min():.3f} to {dec.max():.3f} deg"
