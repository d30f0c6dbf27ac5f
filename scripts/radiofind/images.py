"""Read FITS images as they come: their headers, and rectangles of their pixels.

The only module that opens an image of the user. Pixels are Jy/beam, NaN where the image is blanked.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS

from radiofind.interpolation import bilinear
from radiofind.tiling import Box

JY_PER_BEAM = {"JY/BEAM": 1.0, "MJY/BEAM": 1e-3, "UJY/BEAM": 1e-6, "": 1.0}
STRIP_ROWS = 1000
"""Rows of a primary beam that are read at a time: it may be as large as the mosaic."""
FREQUENCY_CARDS = ("RESTFRQ", "RESTFREQ", "FREQ")


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


@dataclass(frozen=True)
class ImageHeader:
    """What the workflow needs to know of an image."""

    path: Path
    """The FITS file."""
    hdu: int
    """Number of the HDU that holds the image."""
    n_axes: int
    """Axes of the array; all but the last two have length one."""
    shape: tuple[int, int]
    """Rows and columns."""
    wcs: WCS
    """Celestial coordinates of the pixels."""
    beam: Beam
    """The restoring beam."""
    frequency_hz: float
    """Centre of the band."""
    jy_per_beam: float
    """Factor from the unit of the file to Jy/beam."""

    @property
    def pixel_arcsec(self) -> float:
        """Side of a pixel."""
        return float(np.sqrt(abs(np.linalg.det(self.wcs.pixel_scale_matrix))) * 3600)

    @property
    def cards(self) -> str:
        """The cards on which detections depend, as one text: coordinates, beam, frequency, unit."""
        coordinates = self.wcs.to_header()
        for card in [card for card in coordinates if card.startswith(("DATE", "MJD"))]:
            del coordinates[card]
        return f"{coordinates.tostring()} {self.beam} {self.frequency_hz!r} {self.jy_per_beam!r}"


def read_header(
    path: str | Path,
    *,
    beam: tuple[float, float, float] | None = None,
    frequency_hz: float | None = None,
) -> ImageHeader:
    """Return the header of the first image in a FITS file.

    Parameters
    ----------
    path
        A FITS file, fpack-ed or not, with an image of two axes or of more whose further axes have length one.
    beam
        Major and minor axis in arcsec (FWHM) and position angle in deg, instead of those of the file.
    frequency_hz
        Centre of the band, instead of that of the file.

    Raises
    ------
    ImageError
        When the file holds no image, or a card that is needed is missing or unusable.
    """
    number, header = _first_image(Path(path))
    return ImageHeader(
        path=Path(path),
        hdu=number,
        n_axes=header["NAXIS"],
        shape=(header["NAXIS2"], header["NAXIS1"]),
        wcs=_celestial(header, path),
        beam=_beam(header, beam, path),
        frequency_hz=_frequency(header, frequency_hz, path),
        jy_per_beam=_unit(header, path),
    )


def read_pixels(header: ImageHeader, box: Box) -> np.ndarray:
    """Return a rectangle of an image.

    Parameters
    ----------
    header
        The image.
    box
        The rectangle in pixels.

    Returns
    -------
    2D float32 ndarray
        Jy/beam, shape `box.shape`; NaN where the file has NaN, its integer BLANK, or exactly zero, with which
        some packages blank.
    """
    pixels = _read_section(header.path, header.hdu, header.n_axes, box)
    pixels *= np.float32(header.jy_per_beam)
    pixels[pixels == 0] = np.nan
    return pixels


def sample_image(path: str | Path, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return the value of an image at positions on the sky, bilinear between pixels; NaN outside.

    Parameters
    ----------
    path
        A FITS image of any unit, for example a primary beam; no beam or frequency is asked of it.
    ra, dec
        Positions in deg.
    """
    number, header = _first_image(Path(path))
    x, y = _celestial(header, path).world_to_pixel_values(ra, dec)
    rows, columns = header["NAXIS2"], header["NAXIS1"]
    inside = (x >= -0.5) & (x <= columns - 0.5) & (y >= -0.5) & (y <= rows - 0.5)
    values = np.full(np.shape(x), np.nan)
    x, y = np.clip(x, 0, columns - 1), np.clip(y, 0, rows - 1)
    strip = np.where(inside, y // STRIP_ROWS, -1)
    for number_of_strip in np.unique(strip[inside]):
        wanted = strip == number_of_strip
        sx, sy = x[wanted], y[wanted]
        box = Box(int(sx.min()), int(sx.max()) + 2, int(sy.min()), int(sy.max()) + 2).grown(
            0, (rows, columns)
        )
        pixels = _read_section(Path(path), number, header["NAXIS"], box)
        values[wanted] = bilinear(pixels, sx - box.x0, sy - box.y0)
    return values


def beam_sampler(path: str | Path | None) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return a function that gives the primary beam at positions in deg.

    Parameters
    ----------
    path
        The primary beam, or nothing for a mosaic without: the beam is then one everywhere.
    """
    return partial(sample_image, path) if path else lambda ra, dec: np.ones(len(ra))


def _quiet() -> warnings.catch_warnings:
    """Silence what astropy says of cards that do no harm, such as BLANK on float data."""
    return warnings.catch_warnings(action="ignore", category=AstropyWarning)


@contextmanager
def _opened(path: Path) -> Iterator[fits.HDUList]:
    """Yield an open FITS file; whatever astropy raises on a damaged one becomes an ImageError."""
    try:
        # A section is read alone without memmap too, and astropy refuses to map scaled integers.
        with _quiet(), fits.open(path, memmap=False) as hdus:
            yield hdus
    except (OSError, TypeError, KeyError, ValueError) as error:
        received = f"a file that cannot be read: {error}"
        raise ImageError(f"{path}: expected a FITS image, received {received}") from error


def _read_section(path: Path, hdu: int, n_axes: int, box: Box) -> np.ndarray:
    """Return a rectangle of the last two axes as native float32, without reading the rest."""
    with _opened(path) as hdus:
        return np.array(hdus[hdu].section[(*(0,) * (n_axes - 2), *box.slices)], dtype=np.float32)


def _first_image(path: Path) -> tuple[int, fits.Header]:
    """Return the number and the header of the first HDU with an image."""
    if not path.is_file():
        received = "a folder" if path.is_dir() else "no file"
        raise ImageError(f"{path}: expected a FITS image, received {received}")
    with _opened(path) as hdus:
        images = (item for item in enumerate(hdus) if item[1].is_image and item[1].header["NAXIS"] >= 2)
        found = next(((number, hdu.header.copy()) for number, hdu in images), None)
    if found is None:
        raise ImageError(f"{path}: expected a FITS image, received no HDU with an image of two axes or more")
    _check_axes(found[1], path)
    return found


def _check_axes(header: fits.Header, path: Path) -> None:
    """Refuse cubes: one plane is searched, and which one must not be a guess."""
    for axis in range(3, header["NAXIS"] + 1):
        planes = header[f"NAXIS{axis}"]
        if planes != 1:
            raise ImageError(f"{path}, card NAXIS{axis}: expected 1 (one plane, Stokes I), received {planes}")


def _celestial(header: fits.Header, path: str | Path) -> WCS:
    """Return the celestial coordinates of the first two axes."""
    try:
        with _quiet():
            wcs = WCS(header).celestial
    except ValueError as error:
        raise ImageError(f"{path}: expected coordinates, received unusable ones: {error}") from error
    if wcs.naxis != 2 or wcs.wcs.lng != 0 or not wcs.wcs.ctype[0].startswith("RA"):
        received = f"{header.get('CTYPE1')!r} and {header.get('CTYPE2')!r}"
        raise ImageError(
            f"{path}, cards CTYPE1 and CTYPE2: expected RA--- and DEC-- axes, received {received}"
        )
    # wcslib fills it in from EQUINOX or EPOCH; between ICRS and FK5 (J2000) lie 25 milliarcsec.
    if wcs.wcs.radesys not in ("ICRS", "FK5"):
        raise ImageError(f"{path}, card RADESYS: expected ICRS or FK5, received {wcs.wcs.radesys}")
    return wcs


def _number(header: fits.Header, card: str) -> float | None:
    """Return the value of a card if it is a number."""
    value = header.get(card)
    return value if isinstance(value, int | float) else None


def _beam(header: fits.Header, given: tuple[float, float, float] | None, path: str | Path) -> Beam:
    """Return the beam of the cards, of the AIPS history, or as given; an image without BPA has BPA 0."""
    if given:
        return Beam(*given)
    major, minor, angle = (_number(header, card) for card in ("BMAJ", "BMIN", "BPA"))
    if major is None:
        found = re.findall(
            r"BMAJ=\s*(\S+)\s+BMIN=\s*(\S+)\s+BPA=\s*(\S+)", "\n".join(map(str, header.get("HISTORY", [])))
        )
        if not found:
            raise ImageError(
                f"{path}, card BMAJ: expected the beam in deg, received none; "
                "give major,minor,pa in the column beam of the sheet"
            )
        major, minor, angle = map(float, found[-1])
    minor = major if minor is None else minor
    if not (np.isfinite([major, minor]).all() and major >= minor > 0):
        raise ImageError(
            f"{path}, cards BMAJ and BMIN: expected BMAJ >= BMIN > 0, received {major} and {minor}"
        )
    return Beam(major * 3600, minor * 3600, float(angle or 0.0))


def _frequency(header: fits.Header, given: float | None, path: str | Path) -> float:
    """Return the frequency as given, of the frequency axis, or of a card."""
    axes = range(3, header["NAXIS"] + 1)
    cards = [f"CRVAL{axis}" for axis in axes if str(header.get(f"CTYPE{axis}")).startswith("FREQ")]
    for value in (given, *(_number(header, card) for card in (*cards, *FREQUENCY_CARDS))):
        if value is not None and value > 0:
            return float(value)
    raise ImageError(
        f"{path}: expected a frequency in Hz in a FREQ axis or a card {', '.join(FREQUENCY_CARDS)}, "
        "received none; give it in the column frequency_hz of the sheet"
    )


def _unit(header: fits.Header, path: str | Path) -> float:
    """Return the factor from the unit of the file to Jy/beam; no BUNIT means Jy/beam."""
    unit = re.sub(r"[\s.*^]", "", str(header.get("BUNIT", ""))).upper()
    unit = re.sub(r"^(.*)(?:/BM|(?:BEAM|BM)-1)(.*)$", r"\1\2/BEAM", unit)
    if unit not in JY_PER_BEAM:
        raise ImageError(f"{path}, card BUNIT: expected Jy/beam, received {header['BUNIT']!r}")
    return JY_PER_BEAM[unit]
