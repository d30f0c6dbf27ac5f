"""Compare measured total fluxes with the truth of a training set."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from astropy.wcs import WCS

from radiofind.finders.convosource.patches import Region
from radiofind.finders.fitting import measure_sources
from radiofind.mosaics.coordinates import Coordinates
from radiofind.mosaics.field import Field
from radiofind.mosaics.images import Beam, ImageHeader
from radiofind.mosaics.planes import Plane
from radiofind.mosaics.tiles import Tile

logger = logging.getLogger(__name__)

BRIGHT_SNR = 10
"""Lowest SNR of the truth that counts: fainter sources are found preferentially where noise adds to them."""
PIXEL_ARCSEC = 0.01
"""Arbitrary pixel size of a box, so small that the curvature of the sky is negligible."""
FEWEST = 20
"""Fewest bright sources for a scale other than 1."""


def learn_flux_scale(
    regions: Sequence[Region], origins: Sequence[Mapping[str, object]], *, train_snr: float
) -> float:
    """Return the median ratio of measured to true total flux of bright sources.

    Parameters
    ----------
    regions
        Boxes of the training set.
    origins
        Entry of each mosaic, by its number, in the result of `patches.read_origin`.
    train_snr
        Lowest SNR of the truth to fit, so that the neighbours of bright sources are fitted too.

    Returns
    -------
    float
        1 with fewer than 20 sources above SNR 10. It is below 1 if the image lacks flux of the truth, for
        example of extended emission below the noise, or if the truth defines total flux differently.
    """
    ratios = [np.zeros(0)]
    for region in regions:
        truth = region.truth[region.truth["snr"] > train_snr]
        sky = field_of(region, origins[region.mosaic])
        measured = measure_sources(sky, truth["x"].to_numpy(), truth["y"].to_numpy())["apparent_total_flux"]
        ratio = measured.to_numpy() / truth["apparent_total_flux"].to_numpy()
        ratios.append(ratio[(truth["snr"] > BRIGHT_SNR).to_numpy() & np.isfinite(ratio)])
    found = np.concatenate(ratios)
    scale = float(np.median(found)) if len(found) >= FEWEST else 1.0
    logger.info("total flux over truth: %.3f, from %d sources above SNR %g", scale, len(found), BRIGHT_SNR)
    return scale


def field_of(region: Region, origin: Mapping[str, object]) -> Field:
    """Return a box of a training set as a tile, with the true beam in pixels but an arbitrary sky position.

    Parameters
    ----------
    region
        The box.
    origin
        Entry of its mosaic in the result of `patches.read_origin`.
    """
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---SIN", "DEC--SIN"]
    wcs.wcs.cdelt = np.array([-1, 1]) * PIXEL_ARCSEC / 3600
    plane = Plane(region.box.shape, (None, None), 0, 1)
    major, minor, angle = origin["beam"]
    shrunk = PIXEL_ARCSEC / origin["pixel_arcsec"]
    beam = Beam(major * shrunk, minor * shrunk, angle)
    header = ImageHeader(Path(origin["image"]), 0, plane, Coordinates(wcs, (1, 2)), beam, 1.0, 1.0)
    none = np.zeros(0, dtype=int)
    tile = Tile("training", region.box, region.box)
    return Field("", header, tile, none, none, region.pixels, region.mean, region.rms)
