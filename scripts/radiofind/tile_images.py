"""Write and read the images of a single tile: its pixels for a finder, its noise maps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from astropy.io import fits

from radiofind.images import ImageHeader
from radiofind.tiling import Box

METADATA_CARD = "METADATA"
"""Card of the primary header for a JSON object, as Parquet files of the workflow have it."""


def write_image(
    planes: dict[str, np.ndarray],
    path: str | Path,
    *,
    header: ImageHeader,
    box: Box,
    n_axes: int = 2,
    unit: str = "Jy/beam",
    metadata: Mapping[str, object] | None = None,
) -> None:
    """Write arrays that cover a box of a mosaic as the image extensions of a FITS file, with coordinates.

    Parameters
    ----------
    planes
        Name of the extension and 2D array of shape `box.shape`. A single plane becomes the primary image.
    path
        The file to make.
    header
        The mosaic.
    box
        The rectangle that the arrays cover.
    n_axes
        2, or 4 to add a frequency and a Stokes axis.
    unit
        Unit of the arrays; empty for none.
    metadata
        What `read_metadata` will return.
    """
    cards = _cards_of(header, box, n_axes)
    cards["BUNIT"] = unit
    shape = (1,) * (n_axes - 2) + box.shape
    arrays = {name: np.asarray(array, dtype=np.float32).reshape(shape) for name, array in planes.items()}
    if len(arrays) == 1:
        hdus = [fits.PrimaryHDU(*arrays.values(), header=cards)]
    else:
        hdus = [fits.PrimaryHDU(), *(fits.ImageHDU(array, cards, name) for name, array in arrays.items())]
    if metadata:
        hdus[0].header[METADATA_CARD] = json.dumps(dict(metadata), sort_keys=True)
    fits.HDUList(hdus).writeto(path, overwrite=True)


def read_metadata(path: str | Path) -> dict[str, object]:
    """Return the JSON object that `write_image` stored with an image; empty when there is none."""
    return json.loads(fits.getheader(path).get(METADATA_CARD, "{}"))


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


def _cards_of(header: ImageHeader, box: Box, n_axes: int) -> fits.Header:
    """Return the cards of an image that covers a box of a mosaic."""
    cards = header.wcs.slice((slice(box.y0, None), slice(box.x0, None))).to_header()
    cards["BMAJ"], cards["BMIN"] = header.beam.major_arcsec / 3600, header.beam.minor_arcsec / 3600
    cards["BPA"] = header.beam.position_angle_deg
    cards["WCSAXES"] = n_axes
    if n_axes == 4:
        axes = {3: ("FREQ", header.frequency_hz, 1e6, "Hz"), 4: ("STOKES", 1.0, 1.0, "")}
        for axis, (kind, value, step, unit) in axes.items():
            cards[f"CTYPE{axis}"], cards[f"CRVAL{axis}"], cards[f"CUNIT{axis}"] = kind, value, unit
            cards[f"CDELT{axis}"], cards[f"CRPIX{axis}"] = step, 1.0
    else:
        cards["RESTFRQ"] = header.frequency_hz
    return cards
