"""How the mosaic sheet names the region of the sky outside which the detections of a mosaic do not count."""

from __future__ import annotations

import re

HEALPIX = re.compile(r"healpix:([0-9]{1,9}):([0-9]{1,12})")
PREFIX = "healpix:"
"""What does not begin with it is the path of a file."""
LARGEST_NSIDE = 4096
"""Its cells are those in which coverage is told, 52 arcsec."""
RULE = (
    "healpix:NSIDE:INDEX, with NSIDE a power of two up to "
    f"{LARGEST_NSIDE} and INDEX from 0 to 12 NSIDE^2 - 1 in the order RING, or the path of a MOC"
)


def is_file(region: str) -> bool:
    """Return whether a region is the path of a file."""
    return not region.startswith(PREFIX)


def healpix_cell(region: str) -> tuple[int, int] | None:
    """Return nside and index (RING) of a region that is a HEALPix cell; None if there is no such cell."""
    found = HEALPIX.fullmatch(region)
    nside, index = map(int, found.groups()) if found else (0, 0)
    valid = 1 <= nside <= LARGEST_NSIDE and nside.bit_count() == 1 and index < 12 * nside**2
    return (nside, index) if valid else None
