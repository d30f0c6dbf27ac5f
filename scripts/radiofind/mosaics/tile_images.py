"""Write and read the FITS images of a single tile: its pixels for a finder, and its noise maps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from astropy.io import fits

from radiofind.files import METADATA_CARD
from radiofind.mosaics.box import Box
from radiofind.mosaics.images import ImageHeader


def write_image(
    planes: dict[str, np.ndarray],
    path: str | Path,
    *,
    header: ImageHeader,
    box: Box,
    unit: str = "Jy/beam",
    metadata: Mapping[str, object] | None = None,
) -> None:
    """Write arrays over a box of a mosaic as a FITS file with coordinates.

    Parameters
    ----------
    planes
        2D arrays of shape `box.shape` by the names of their extensions. A single array becomes the primary
        image.
    path
        The file to write.
    header
        The mosaic.
    box
        The rectangle that the arrays cover.
    unit
        Unit of the arrays; empty for none.
    metadata
        The object that `files.read_metadata` will return.
    """
    cards = cards_of(header, box)
    cards["BUNIT"] = unit
    arrays = {name: np.asarray(array, dtype=np.float32) for name, array in planes.items()}
    if len(arrays) == 1:
        hdus = [fits.PrimaryHDU(*arrays.values(), header=cards)]
    else:
        hdus = [fits.PrimaryHDU(), *(fits.ImageHDU(array, cards, name) for name, array in arrays.items())]
    if metadata:
        hdus[0].header[METADATA_CARD] = json.dumps(dict(metadata), sort_keys=True)
    fits.HDUList(hdus).writeto(path, overwrite=True)


def read_planes(path: str | Path, *names: str) -> list[np.ndarray]:
    """Return image extensions that `write_image` wrote, in native byte order.

    Parameters
    ----------
    path
        The file.
    names
        The extensions wanted.
    """
    with fits.open(path, memmap=False) as hdus:
        return [hdus[name].data.astype(np.float32) for name in names]


def cards_of(header: ImageHeader, box: Box) -> fits.Header:
    """Return the cards of an image that covers a box of a mosaic."""
    cards = header.coordinates.cards(box.x0, box.y0)
    cards["BMAJ"], cards["BMIN"] = header.beam.major_arcsec / 3600, header.beam.minor_arcsec / 3600
    cards["BPA"] = header.beam.position_angle_deg
    cards["RESTFRQ"] = header.frequency_hz
    return cards
