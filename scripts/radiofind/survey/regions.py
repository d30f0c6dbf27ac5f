"""Read the region of the sky outside which the detections of a mosaic do not count."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from astropy import units

from radiofind.errors import InputFileError, reason
from radiofind.given_files import file_trouble, raise_if_not_of_the_file
from radiofind.survey.region_names import healpix_cell, is_file

if TYPE_CHECKING:
    from mocpy import MOC


def read_region(region: str | None) -> MOC | None:
    """Return the region that a mosaic has in the sheet; None if it has none.

    Parameters
    ----------
    region
        ``healpix:NSIDE:INDEX``, or the path of a MOC in FITS (see `region_names`).

    Raises
    ------
    InputFileError
        If a file is not a MOC, or an empty one.
    """
    if not region:
        return None
    # Here, since few mosaics have a region, and mocpy loads matplotlib.
    from mocpy import MOC

    from radiofind.survey.healpix import moc_of_ring_cell

    if not is_file(region):
        return moc_of_ring_cell(*healpix_cell(region))
    # Not by MOC.from_fits, which takes a path without a file for an address and asks the network.
    trouble = file_trouble(Path(region))
    try:
        moc = None if trouble else MOC.load(region, format="fits")
    except Exception as error:  # mocpy raises errors of several kinds when a file is damaged
        raise_if_not_of_the_file(error, region)
        trouble = reason(error)
    if trouble or moc.empty():
        raise InputFileError(f"{region}: expected a MOC in FITS, received {trouble or 'one of no sky'}")
    return moc


def holds(region: MOC | None, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return whether a region holds each position (ICRS, deg); without a region all are inside."""
    if region is None or not len(ra):
        return np.ones(len(ra), dtype=bool)
    return region.contains_lonlat(ra * units.deg, dec * units.deg)
