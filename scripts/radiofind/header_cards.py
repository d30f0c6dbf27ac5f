"""Read the cards of an image that the workflow needs: coordinates, beam, frequency, unit."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS

from radiofind.problems import raise_if_not_of_the_file, reason, shown

JY_PER_BEAM = {"JY/BEAM": 1.0, "MJY/BEAM": 1e-3, "UJY/BEAM": 1e-6, "": 1.0}
FREQUENCY_CARDS = ("RESTFRQ", "RESTFREQ", "FREQ")
HISTORY_BEAM = re.compile(r"BMAJ=\s*(\S+)\s+BMIN=\s*(\S+)\s+BPA=\s*(\S+)")
"""The beam as AIPS writes it."""
DISTORTIONS = re.compile(r"AP?_ORDER|BP?_ORDER|CPDIS\d+|CQDIS\d+|D2IMDIS\d+|D2IM\d+")
"""Cards of coordinates that are bent by a table or a polynomial, as those of optical cameras."""


PACKED_BY = ("RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "NOCOMPRESS")
"""Ways of fpack that are read; a damaged byte under HCOMPRESS_1 makes astropy write over its own memory."""
RICE_OPTIONS = {"BYTEPIX": (1, 2, 4), "BLOCKSIZE": (16, 32)}
"""With other values under Rice it does so too."""

MOST_GZIP = 1032
"""Bytes that one byte of a file can stand for when it is packed with gzip."""


class ImageError(ValueError):
    """An image that cannot be used; the message names the file and the card."""


@dataclass(frozen=True)
class Beam:
    """The restoring beam of an image."""

    major_arcsec: float
    """Major axis (FWHM)."""
    minor_arcsec: float
    """Minor axis (FWHM)."""
    position_angle_deg: float
    """North through east."""


@contextmanager
def told(path: str | Path) -> Iterator[None]:
    """Turn whatever is raised on a damaged image into an ImageError that names the file.

    What is raised because memory, disk or network fail stays what it is: the image may be right.

    Parameters
    ----------
    path
        The image.
    """
    try:
        with warnings.catch_warnings(action="ignore", category=AstropyWarning):
            yield
    except ImageError:
        raise
    except Exception as error:  # astropy, CFITSIO and what unpacks files raise errors of many kinds
        raise_if_not_of_the_file(error, path)
        received = f"a file that cannot be read: {reason(error)}"
        raise ImageError(f"{path}: expected a FITS image, received {received}") from error


def shape_of(header: fits.Header, path: str | Path) -> tuple[int, int]:
    """Return rows and columns; refuse cubes, for which plane is searched must not be a guess.

    Parameters
    ----------
    header
        Cards of the image.
    path
        The image, for the message.
    """
    sizes = [header[f"NAXIS{axis}"] for axis in range(1, header["NAXIS"] + 1)]
    for axis, size in enumerate(sizes, start=1):
        if not isinstance(size, int) or size < 1 or (axis > 2 and size != 1):
            expected = "1 (one plane, Stokes I)" if axis > 2 else "1 pixel or more"
            raise ImageError(f"{path}, card NAXIS{axis}: expected {expected}, received {shown(size)}")
    return sizes[1], sizes[0]


def check_packing(table: fits.Header, path: str | Path) -> None:
    """Raise when the table in which fpack stores an image cannot be unpacked without harm.

    Parameters
    ----------
    table
        Cards of the table.
    path
        The image, for the message.
    """
    if table.get("ZCMPTYPE") not in PACKED_BY:
        received = shown(table.get("ZCMPTYPE"))
        raise ImageError(
            f"{path}, card ZCMPTYPE: expected one of {', '.join(PACKED_BY)}, received {received}"
        )
    for card in table["ZNAME*"]:
        value = card.replace("ZNAME", "ZVAL")
        allowed = RICE_OPTIONS.get(table[card])
        if allowed and table.get(value) not in allowed:
            received = f"{table[card]} {shown(table.get(value))}"
            raise ImageError(
                f"{path}, card {value}: expected {table[card]} of {allowed}, received {received}"
            )
    if table["PCOUNT"] > MOST_GZIP * Path(path).stat().st_size:
        received = shown(table["PCOUNT"])
        raise ImageError(
            f"{path}, card PCOUNT: expected no more bytes than the file has, received {received}"
        )
    sizes = [table[f"ZNAXIS{axis}"] for axis in range(1, table["ZNAXIS"] + 1)]
    sides = [table.get(f"ZTILE{axis}", size if axis == 1 else 1) for axis, size in enumerate(sizes, start=1)]
    rows = math.prod(-(-size // side) for size, side in zip(sizes, sides, strict=True))
    if table["NAXIS2"] != rows:
        raise ImageError(
            f"{path}, card NAXIS2: expected {rows} packed tiles, received {shown(table['NAXIS2'])}"
        )


def celestial_of(header: fits.Header, path: str | Path) -> WCS:
    """Return the celestial coordinates of the first two axes.

    Parameters
    ----------
    header
        Cards of the image.
    path
        The image, for the message.
    """
    bent = next((card for card in header if DISTORTIONS.fullmatch(card)), None)
    if bent:
        raise ImageError(f"{path}, card {bent}: expected no distortions, received {shown(header[bent])}")
    try:
        wcs = WCS(header).celestial
    except (ValueError, MemoryError) as error:  # the latter is what wcslib makes of a missing -TAB table
        raise ImageError(f"{path}: expected coordinates, received unusable ones: {reason(error)}") from error
    if wcs.naxis != 2 or wcs.wcs.lng != 0 or not wcs.wcs.ctype[0].startswith("RA"):
        received = f"{header.get('CTYPE1')!r} and {header.get('CTYPE2')!r}"
        raise ImageError(
            f"{path}, cards CTYPE1 and CTYPE2: expected RA--- and DEC-- axes, received {received}"
        )
    # wcslib fills it in from EQUINOX or EPOCH; between ICRS and FK5 (J2000) lie 25 milliarcsec.
    if wcs.wcs.radesys not in ("ICRS", "FK5"):
        raise ImageError(f"{path}, card RADESYS: expected ICRS or FK5, received {shown(wcs.wcs.radesys)}")
    _check_scale(wcs, path)
    _check_cards(wcs, header, path)
    return wcs


def _check_cards(wcs: WCS, header: fits.Header, path: str | Path) -> None:
    """Raise unless images of tiles can be written with these coordinates; wcslib takes infinite numbers."""
    for card in wcs.to_header().cards:
        try:
            card.verify("exception")
        except fits.VerifyError as error:
            # By another name, as EPOCH and RESTFREQ are, it is not in the image.
            received = shown(header.get(card.keyword, card.image.partition("=")[2].partition("/")[0].strip()))
            raise ImageError(
                f"{path}, card {card.keyword}: expected a finite number, received {received}"
            ) from error


def beam_of(header: fits.Header, given: tuple[float, float, float] | None, path: str | Path) -> Beam:
    """Return the beam of the cards, of the AIPS history, or as given; an image without BPA has BPA 0.

    Parameters
    ----------
    header
        Cards of the image.
    given
        Major and minor axis in arcsec and position angle in deg.
    path
        The image, for the message.
    """
    if given:
        return Beam(*given)
    major, minor, angle = (_beam_number(header, card, path) for card in ("BMAJ", "BMIN", "BPA"))
    if major is None:
        major, minor, angle = _beam_of_history(header, path)
    minor = major if minor is None else minor
    if not (major < np.inf and major >= minor > 0):
        raise ImageError(
            f"{path}, cards BMAJ and BMIN: expected BMAJ >= BMIN > 0, received {major} and {minor}"
        )
    if not np.isfinite(angle or 0.0):
        raise ImageError(f"{path}, card BPA: expected an angle in deg, received {angle}")
    return Beam(major * 3600, minor * 3600, float(angle or 0.0))


def frequency_of(header: fits.Header, given: float | None, path: str | Path) -> float:
    """Return the frequency as given, of the frequency axis, or of a card.

    Parameters
    ----------
    header
        Cards of the image.
    given
        Frequency in Hz.
    path
        The image, for the message.
    """
    axes = range(3, header["NAXIS"] + 1)
    cards = [f"CRVAL{axis}" for axis in axes if str(header.get(f"CTYPE{axis}")).startswith("FREQ")]
    for value in (given, *(_number(header, card) for card in (*cards, *FREQUENCY_CARDS))):
        if value is not None and 0 < value < np.inf:
            return float(value)
    raise ImageError(
        f"{path}: expected a frequency in Hz in a FREQ axis or a card {', '.join(FREQUENCY_CARDS)}, "
        "received none; give it in the column frequency_hz of the sheet"
    )


def unit_of(header: fits.Header, path: str | Path) -> float:
    """Return the factor from the unit of the file to Jy/beam; no BUNIT means Jy/beam.

    Parameters
    ----------
    header
        Cards of the image.
    path
        The image, for the message.
    """
    unit = re.sub(r"[\s.*^]", "", str(header.get("BUNIT", ""))).upper()
    unit = re.sub(r"^(.*)(?:/BM|(?:BEAM|BM)-1)(.*)$", r"\1\2/BEAM", unit)
    if unit not in JY_PER_BEAM:
        raise ImageError(f"{path}, card BUNIT: expected Jy/beam, received {header['BUNIT']!r}")
    return JY_PER_BEAM[unit]


def _check_scale(wcs: WCS, path: str | Path) -> None:
    """Raise when the pixels have no place or no size."""
    wcs.wcs.set()
    place = [*wcs.wcs.crval, *wcs.wcs.crpix]
    if not np.isfinite(place).all():
        raise ImageError(f"{path}, cards CRVAL and CRPIX: expected finite numbers, received {place}")
    area = abs(np.linalg.det(wcs.pixel_scale_matrix))
    if not 0 < area < np.inf:
        raise ImageError(
            f"{path}, cards CDELT1 and CDELT2: expected a pixel with an area in deg^2, received {area}"
        )


def _number(header: fits.Header, card: str) -> float | None:
    """Return the value of a card if it is a number."""
    value = header.get(card)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _beam_number(header: fits.Header, card: str, path: str | Path) -> float | None:
    """Return the value of a card, None where it is missing or empty; raise when it is not a number."""
    number, value = _number(header, card), header.get(card)
    if number is None and not isinstance(value, fits.card.Undefined | None):
        raise ImageError(f"{path}, card {card}: expected a number in deg, received {shown(value)}")
    return number


def _beam_of_history(header: fits.Header, path: str | Path) -> list[float]:
    """Return major and minor axis and position angle of the last beam in the history."""
    found = HISTORY_BEAM.findall("\n".join(map(str, header.get("HISTORY", []))))
    if not found:
        raise ImageError(
            f"{path}, card BMAJ: expected the beam in deg, received none; "
            "give major,minor,pa in the column beam of the sheet"
        )
    try:
        return [float(text) for text in found[-1]]
    except ValueError:
        received = shown(", ".join(found[-1]))
        raise ImageError(
            f"{path}, card HISTORY: expected BMAJ, BMIN and BPA in deg, received {received}"
        ) from None
