"""Read beam, frequency and unit from the cards of an image, and check its compression."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy import units
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning

from radiofind.errors import InputFileError, reason, shown
from radiofind.given_files import raise_if_not_of_the_file

JY_PER_BEAM = {"JY/BEAM": 1.0, "MJY/BEAM": 1e-3, "UJY/BEAM": 1e-6, "NJY/BEAM": 1e-9, "": 1.0}
UNIT_SPELLINGS = (
    (r"[\s.*^(){}'_]", ""),
    (r"JANSKYS?", "JY"),
    (r"MILLI-?(?=JY)", "M"),
    (r"MICRO-?(?=JY)", "U"),
    (r"NANO-?(?=JY)", "N"),
    (r"(?:CLEAN|CLN)BEAM", "BEAM"),
    (r"^(.*JY)(?:/|PER)(?:BEAM|BM|B)$", r"\1/BEAM"),
    (r"^(.*JY)(?:BEAM|BM)-1$", r"\1/BEAM"),
    (r"^(?:BEAM|BM)-1(.*JY)$", r"\1/BEAM"),
)
"""Replacements that turn spellings of the unit, in capitals, into the keys of `JY_PER_BEAM`, in this order. M
is milli, since AIPS writes capitals and no image is in megajansky per beam."""
FREQUENCY_CARDS = ("RESTFRQ", "RESTFREQ", "FREQ", "OBSFREQ")
SPECTRAL = {"FREQ": "Hz", "WAVE": "m", "LAMB": "m"}
"""First letters of the types of spectral axes that give a frequency, with their default units."""
MOST_AXES = 9
"""Most axes of an image to examine."""
BEAM_CARDS = (("BMAJ", "BMIN", "BPA"), ("CLEANBMJ", "CLEANBMN", "CLEANBPA"))
"""Cards of the beam: the usual ones, and those of some versions of AIPS."""
HISTORY_BEAM = re.compile(r"BMAJ=\s*(\S+)\s+BMIN=\s*(\S+)\s+BPA=\s*(\S+)")
"""The beam in the HISTORY cards that AIPS writes."""

PACKED_BY = ("RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "NOCOMPRESS")
"""Supported compressions of fpack; with HCOMPRESS_1 a corrupt byte makes astropy overwrite its own memory."""
RICE_OPTIONS = {"BYTEPIX": (1, 2, 4), "BLOCKSIZE": (16, 32)}
"""Safe options of Rice compression; with other values astropy overwrites its own memory too."""

MOST_GZIP = 1032
"""Largest compression ratio of gzip."""


class ImageError(InputFileError):
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
    """Turn errors raised while an image is read into an ImageError that names the file.

    Errors of memory, disk or network keep their type, since the image itself may be fine.

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
    except Exception as error:  # astropy, CFITSIO and gzip raise many kinds of errors on a corrupt file
        raise_if_not_of_the_file(error, path)
        received = f"a file that cannot be read: {reason(error)}"
        raise ImageError(f"{path}: expected a FITS image, received {received}") from error


def check_packing(table: fits.Header, path: str | Path) -> None:
    """Raise an error if an image compressed with fpack cannot be unpacked safely.

    Parameters
    ----------
    table
        Cards of the binary table in which fpack stores the image.
    path
        The image, for the error message.

    Raises
    ------
    ImageError
        If the compression is not supported or the cards contradict each other.
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
            f"{path}, card NAXIS2: expected {rows} compressed tiles, received {shown(table['NAXIS2'])}"
        )


def beam_of(header: fits.Header, given: tuple[float, float, float] | None, path: str | Path) -> Beam:
    """Return the beam: the given one, or that of the cards or the AIPS history; a missing BPA counts as 0.

    Parameters
    ----------
    header
        Cards of the image.
    given
        Major and minor axis in arcsec and position angle in deg.
    path
        The image, for the error message.
    """
    if given:
        return Beam(*given)
    cards = next((cards for cards in BEAM_CARDS if number_of(header, cards[0])), BEAM_CARDS[0])
    major, minor, angle = (_beam_number(header, card, path) for card in cards)
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


def frequency_of(
    header: fits.Header, given: float | None, index: Sequence[int | None], path: str | Path
) -> float:
    """Return the frequency: the given one, or that of the spectral axis or a card.

    Parameters
    ----------
    header
        Cards of the image. An axis that the array lacks counts too, since cutout services leave its cards.
    given
        Frequency in Hz.
    index
        Pixel of the searched plane along each axis of the array, in numpy's order.
    path
        The image, for the error message.
    """
    along = [_spectral_value(header, axis, index) for axis in range(1, MOST_AXES + 1)]
    for value in (given, *along, *(number_of(header, card) for card in FREQUENCY_CARDS)):
        if value is not None and 0 < value < np.inf:
            return float(value)
    raise ImageError(
        f"{path}: expected a frequency in Hz on a FREQ axis or in a card {', '.join(FREQUENCY_CARDS)}, "
        "received none; give it in the column frequency_hz of the sheet"
    )


def unit_of(header: fits.Header, path: str | Path) -> float:
    """Return the factor from the unit of the file to Jy/beam, which a missing BUNIT means.

    Parameters
    ----------
    header
        Cards of the image.
    path
        The image, for the error message.
    """
    text = header.get("BUNIT", "")
    unit = "" if isinstance(text, fits.card.Undefined) else str(text).upper()
    for spelling, standard in UNIT_SPELLINGS:
        unit = re.sub(spelling, standard, unit)
    if unit not in JY_PER_BEAM:
        raise ImageError(
            f"{path}, card BUNIT: expected Jy/beam, mJy/beam, uJy/beam or nJy/beam, received {shown(text)}; "
            "convert the image to Jy/beam"
        )
    return JY_PER_BEAM[unit]


def value_along(header: fits.Header, axis: int, pixel: int) -> float | None:
    """Return the coordinate of a pixel (from 0) along a linear axis; None if CRVAL is not a number.

    For an axis that the header describes but the array lacks it is CRVAL. A missing CRPIX counts as 1, not as
    the 0 of the standard, which no program means.
    """
    value = number_of(header, f"CRVAL{axis}")
    if value is None or axis > header["NAXIS"]:
        return value
    reference, step = (number_of(header, f"{card}{axis}") for card in ("CRPIX", "CDELT"))
    from_reference = pixel + 1 - (1.0 if reference is None else reference)
    return value + from_reference * (1.0 if step is None else step)


def number_of(header: fits.Header, card: str) -> float | None:
    """Return the value of a card, or None if it is not a number."""
    value = header.get(card)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _spectral_value(header: fits.Header, axis: int, index: Sequence[int | None]) -> float | None:
    """Return the frequency in Hz of the searched pixel along an axis, or None if the axis gives none."""
    kind = str(header.get(f"CTYPE{axis}", "")).upper()
    pixel = index[-axis] if axis <= len(index) else 0
    value = value_along(header, axis, pixel or 0) if kind.startswith(tuple(SPECTRAL)) else None
    if not value:
        return None
    try:
        unit = units.Unit(str(header.get(f"CUNIT{axis}", "")).strip() or SPECTRAL[kind[:4]])
        return float((value * unit).to_value("Hz", units.spectral()))
    except (ValueError, units.UnitsError):
        return None


def _beam_number(header: fits.Header, card: str, path: str | Path) -> float | None:
    """Return the number in a card, or None if it is missing or empty; raise an error for other values."""
    number, value = number_of(header, card), header.get(card)
    if number is None and not isinstance(value, fits.card.Undefined | None):
        raise ImageError(f"{path}, card {card}: expected a number in deg, received {shown(value)}")
    return number


def _beam_of_history(header: fits.Header, path: str | Path) -> list[float]:
    """Return major and minor axis and position angle of the last beam in the history."""
    found = HISTORY_BEAM.findall("\n".join(map(str, header.get("HISTORY", []))))
    if not found:
        received = "one for each plane (CASAMBM)" if header.get("CASAMBM") else "none"
        raise ImageError(
            f"{path}, card BMAJ: expected the beam in deg, received {received}; "
            "give major,minor,pa in the column beam of the sheet"
        )
    try:
        return [float(text) for text in found[-1]]
    except ValueError:
        received = shown(", ".join(found[-1]))
        raise ImageError(
            f"{path}, card HISTORY: expected BMAJ, BMIN and BPA in deg, received {received}"
        ) from None
