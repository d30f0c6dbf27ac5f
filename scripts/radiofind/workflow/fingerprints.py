"""Detect which tiles of a mosaic have changed, from digests of the pixels and header cards that jobs use."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from radiofind.evaluation.truth import TruthError, read_truth
from radiofind.finders.convosource.binning import pixels_per_beam
from radiofind.mosaics.image_warnings import image_warnings, step_and_noise
from radiofind.mosaics.images import ImageError, ImageHeader, ImageSource, read_pixels
from radiofind.mosaics.noise import noise_settings
from radiofind.mosaics.primary_beams import check_image
from radiofind.mosaics.sizes import SizeError, are_in_beams, check_sizes, in_pixels
from radiofind.mosaics.tiles import tiles_of
from radiofind.workflow.stamps import status_of
from radiofind.workflow.tile_index import COLUMNS, DIGESTS, SIZES

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fingerprints:
    """Tiles of a mosaic with their digests, and warnings about its image."""

    tiles: pd.DataFrame
    """Columns `COLUMNS`, one row per tile."""
    warnings: tuple[str, ...] = ()
    """Anything unusual about the image, in words for the report."""
    pixels_per_beam: float | None = None
    """Width of the beam (see `binning.pixels_per_beam`); None for an image that cannot be read."""
    frequency_hz: float | None = None
    """Frequency; None for an image that cannot be read."""


def fingerprint_mosaic(
    image: ImageSource,
    *,
    tiling: Mapping[str, float],
    noise: Mapping[str, object],
    truth: str | Path | None = None,
    truth_format: str | None = None,
) -> Fingerprints:
    """Return the tiles of a mosaic with a digest of the data each depends on, and warnings about the image.

    Parameters
    ----------
    image
        The mosaic. Its primary beam and the truth are read too, to report a bad file before tiles are
        searched.
    tiling
        Sizes of core and halo, in pixels or in beams.
    noise
        Sizes of the noise boxes, likewise (see `sizes.sizes_of`). They tell how far beyond a tile its noise
        measurement reads.
    truth, truth_format
        As in the mosaic sheet.

    Returns
    -------
    Fingerprints
        One row per tile: ``tile``, the core and the whole box in pixels, the fraction of valid pixels in the
        box, the beam and the sizes in pixels, digests of the ``header``, of the ``pixels`` and of both
        (``fingerprint``). When a file cannot be read, or sizes in beams are impossible for its beam, one row
        without a tile that gives the ``reason``.

    Raises
    ------
    RuntimeError
        If a file changes while it is read: the fingerprints would match no image, yet be newer than it.
    OSError, MemoryError
        If disk, network or memory fail: the files may be correct, and a later run must read them again.
    """
    path, primary_beam = image.path, image.primary_beam
    files = [file for file in (path, primary_beam, truth) if file]
    before = {file: status_of(file) for file in files}
    warnings: tuple[str, ...] = ()
    width = frequency_hz = None
    try:
        header = image.read_header()
        if primary_beam:
            check_image(primary_beam)
        if truth:
            read_truth(truth, truth_format=truth_format)
        sizes, rows, steps = _resolved(header, tiling, noise), [], []
        for tile in tiles_of(
            header.shape, core_pixels=sizes["core_pixels"], halo_pixels=sizes["halo_pixels"]
        ):
            dependence = tile.box.grown(sizes["reach_pixels"], header.shape)
            pixels = read_pixels(header, dependence)
            valid = float(np.isfinite(pixels[tile.box.within(dependence)]).mean())
            digests = _digests(header.cards, pixels)
            boxes = (*astuple(tile.core), *astuple(tile.box))
            rows.append((tile.name, *boxes, valid, *sizes.values(), *digests, ""))
            steps.append(step_and_noise(pixels, dependence))
        warnings = image_warnings(header, steps, plane_given=image.plane is not None)
        width, frequency_hz = pixels_per_beam(header), header.frequency_hz
    except (MemoryError, OSError):  # not a fault of the files: see `given_files.NOT_OF_THE_FILE`
        raise
    except Exception as error:  # astropy and CFITSIO raise errors of many kinds when a file is damaged
        logger.warning("cannot read %s", path, exc_info=True)
        rows = [("", *(0,) * 8, 0.0, *SIZES.values(), *[""] * len(DIGESTS), _reason(error, path))]
    for file in files:
        if status_of(file) != before[file]:
            raise RuntimeError(
                f"{file}: the file changed while it was read; run again when it has been written"
            )
    for warning in warnings:
        logger.warning("%s: %s", path, warning)
    return Fingerprints(pd.DataFrame(rows, columns=COLUMNS), warnings, width, frequency_hz)


def _resolved(
    header: ImageHeader, tiling: Mapping[str, float], noise: Mapping[str, object]
) -> dict[str, float]:
    """Return the sizes of the tiles of an image in pixels, in the order of `tile_index.SIZES`."""
    beam_pixels = header.beam_major_pixels
    if are_in_beams({**tiling, **noise}):  # others were checked with the configuration
        check_sizes(tiling=tiling, noise=noise, beam_pixels=beam_pixels)
    tiles, boxes = (in_pixels(part, beam_pixels=beam_pixels) for part in (tiling, noise))
    sizes = {"beam_major_pixels": beam_pixels, **tiles, "reach_pixels": noise_settings(**boxes).reach_pixels}
    logger.info("%s: %s; noise %s", header.path, sizes, boxes)
    return {name: sizes[name] for name in SIZES}


def _reason(error: Exception, path: str | Path) -> str:
    """Return in words why a mosaic cannot be read."""
    if isinstance(error, SizeError):
        return f"{path}: {error}"
    if isinstance(error, ImageError | TruthError):
        return str(error)
    return f"{path}: expected a FITS image, received a file that cannot be read: {error!r}"


def _digests(cards: str, pixels: np.ndarray) -> tuple[str, str, str]:
    """Return digests of header cards, pixels and both; the payload of a NaN does not count."""
    canonical = np.where(np.isnan(pixels), np.float32(np.nan), pixels).astype("<f4", copy=False)
    header, seen = hashlib.sha256(cards.encode()), hashlib.sha256(canonical)
    return header.hexdigest(), seen.hexdigest(), hashlib.sha256(header.digest() + seen.digest()).hexdigest()
