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
"""Only truth above it is compared: fainter sources are found where noise has made them brighter."""
PIXEL_ARCSEC = 0.01
"""Side of the pixels of a box, on which total fluxes do not depend: so small that no box is bent."""
FEWEST = 20
"""With fewer of these sources nothing is learned."""


def learn_flux_scale(
    regions: Sequence[Region], origins: Sequence[Mapping[str, object]], *, train_snr: float
) -> float:
    """Return the median of measured over true total flux of bright sources.

    Parameters
    ----------
    regions
        Boxes of the training set.
    origins
        For each mosaic number of the regions what `patches.read_origin` says of it.
    train_snr
        Truth above it is measured, so that neighbours are fitted with the bright sources.

    Returns
    -------
    float
        1 with fewer than 20 sources above SNR 10. Below 1 where images lack flux that the truth has, because
        it lies below the noise around extended sources, or because the truth counts it in another way.
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
    logger.info("total flux over truth: %.3f, by %d sources above SNR %g", scale, len(found), BRIGHT_SNR)
    return scale


def field_of(region: Region, origin: Mapping[str, object]) -> Field:
    """Return a box of a training set as finders get a tile; only its beam in pixels is right.

    Parameters
    ----------
    region
        The box.
    origin
        What `patches.read_origin` says of its mosaic.
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
