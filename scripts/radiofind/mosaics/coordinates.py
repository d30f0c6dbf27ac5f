"""Convert between pixels and the sky: positions in ICRS, and the local Jacobian.

The only module that uses a WCS. Whatever the frame, projection and matrix of an image, other modules see only
right ascension and declination (ICRS) and the Jacobian.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.coordinates import ICRS, BaseCoordinateFrame, SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import wcs_to_celestial_frame

from radiofind.errors import reason, shown
from radiofind.mosaics.headers import ImageError

DISTORTIONS = re.compile(r"AP?_ORDER|BP?_ORDER|CPDIS\d+|CQDIS\d+|D2IMDIS\d+|D2IM\d+")
"""Cards of distortions by a table or a polynomial, as of optical cameras."""
LONGITUDES = ("RA", "GLON")
"""First letters of the supported longitude axes."""
EQUATORIAL = ("ICRS", "FK5", "FK4", "FK4-NO-E")
"""Supported values of RADESYS; wcslib derives a missing one from EQUINOX or EPOCH."""
FIRST_EQUINOX, LAST_EQUINOX = 1850.0, 2100.0
"""Range of plausible equinoxes: some programs write 0."""
ARCSEC = 3600.0
"""Arcsec in a degree."""
STEP_PIXELS = 0.5
"""Half the step of the finite difference for the Jacobian."""
PARALLEL = 1e-9
"""A rotation of the pixel axes by less than this, in rad, is rounding error."""


@dataclass(frozen=True)
class Coordinates:
    """The coordinates of the pixels of an image. Pixel centres are at integers, 0-based."""

    wcs: WCS
    """The WCS of the two sky axes, in the order of the file."""
    axes: tuple[int, int]
    """Numbers of the sky axes in the file, from 1."""

    def to_sky(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return right ascension and declination (ICRS, deg) of pixels; NaN for pixels off the sky."""
        place = self.wcs.wcs_pix2world(np.column_stack([np.ravel(x), np.ravel(y)]), 0)
        longitude, latitude = place[:, self.wcs.wcs.lng], place[:, self.wcs.wcs.lat]
        return self._convert(longitude, latitude, self._frame, ICRS(), np.shape(x))

    def to_pixels(self, ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return x and y of sky positions (ICRS, deg); NaN where the projection is undefined."""
        frame = self._frame
        sky = self._convert(np.ravel(ra), np.ravel(dec), ICRS(), frame, (-1,))
        place = np.column_stack(sky if self.wcs.wcs.lng == 0 else sky[::-1])
        x, y = self.wcs.wcs_world2pix(place, 0).T
        return x.reshape(np.shape(ra)), y.reshape(np.shape(ra))

    def jacobian(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the Jacobians from offsets in pixels (x, y) to offsets in arcsec (east, north), ICRS.

        Parameters
        ----------
        x, y
            Positions in pixels, shape (n,).

        Returns
        -------
        numpy.ndarray, shape (n, 2, 2)
            NaN for pixels off the sky.
        """
        ra, dec = (np.deg2rad(angle) for angle in self.to_sky(x, y))
        zero = np.zeros_like(ra)
        east = np.stack([-np.sin(ra), np.cos(ra), zero], axis=-1)
        north = np.stack([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)], axis=-1)
        columns = []
        for dx, dy in ((STEP_PIXELS, 0), (0, STEP_PIXELS)):
            step = self._unit_vectors(x + dx, y + dy) - self._unit_vectors(x - dx, y - dy)
            columns.append(np.stack([(step * axis).sum(axis=-1) for axis in (east, north)], axis=-1))
        return np.rad2deg(np.stack(columns, axis=-1)) * ARCSEC / (2 * STEP_PIXELS)

    @property
    def matrix(self) -> np.ndarray:
        """The Jacobian at the reference point in the frame of the image, as the cards give it."""
        lng, lat = self.wcs.wcs.lng, self.wcs.wcs.lat
        return self.wcs.pixel_scale_matrix[[lng, lat]] * ARCSEC

    def cards(self, x0: int = 0, y0: int = 0) -> fits.Header:
        """Return FITS cards for an image whose first pixel is pixel (x0, y0) of this one.

        The pixel scale is in CDELT, and a PC matrix is written only if the pixels are rotated, because many
        programs take CDELT for the pixel size whatever other cards say.
        """
        cards = self.wcs.to_header()
        for card in [card for card in cards if re.match(r"(PC|CD)\d_\d|CDELT\d|DATE|MJD", card)]:
            del cards[card]
        matrix = self.wcs.pixel_scale_matrix
        scale = matrix.diagonal()
        if np.abs(matrix - np.diag(scale)).max() > PARALLEL * np.abs(matrix).max():
            scale = np.linalg.norm(matrix, axis=1)
            scale[self.wcs.wcs.lng] *= np.sign(np.linalg.det(self.matrix))
            for row, column in np.ndindex(2, 2):
                cards[f"PC{row + 1}_{column + 1}"] = matrix[row, column] / scale[row]
        cards["CDELT1"], cards["CDELT2"] = scale
        cards["CRPIX1"], cards["CRPIX2"] = self.wcs.wcs.crpix - [x0, y0]
        return cards

    @property
    def _frame(self) -> BaseCoordinateFrame:
        """The frame of the image. J2000 counts as ICRS, as positions of radio calibrators have since 1995."""
        wcs = self.wcs.wcs
        if wcs.ctype[wcs.lng].startswith("RA") and wcs.radesys == "FK5" and wcs.equinox == 2000.0:
            return ICRS()
        return wcs_to_celestial_frame(self.wcs)

    def _unit_vectors(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the directions of pixels, shape (n, 3)."""
        ra, dec = (np.deg2rad(angle) for angle in self.to_sky(x, y))
        return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)

    @staticmethod
    def _convert(
        longitude: np.ndarray,
        latitude: np.ndarray,
        origin: BaseCoordinateFrame,
        target: BaseCoordinateFrame,
        shape: tuple[int, ...],
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return positions in another frame, in deg."""
        if not origin.is_equivalent_frame(target):
            sky = SkyCoord(longitude, latitude, unit="deg", frame=origin).transform_to(target).spherical
            longitude, latitude = sky.lon.deg, sky.lat.deg
        return longitude.reshape(shape), latitude.reshape(shape)


def coordinates_of(header: fits.Header, path: str | Path) -> Coordinates:
    """Return the coordinates of the pixels of an image.

    Parameters
    ----------
    header
        Cards of the image.
    path
        The image, for the error message.

    Raises
    ------
    ImageError
        If the coordinates are missing or not supported.
    """
    bent = next((card for card in header if DISTORTIONS.fullmatch(card)), None)
    if bent:
        raise ImageError(f"{path}, card {bent}: expected no distortions, received {shown(header[bent])}")
    try:
        whole = WCS(header)
        axes = sorted((whole.wcs.lng + 1, whole.wcs.lat + 1))
        if not 1 <= axes[0] < axes[1] <= header["NAXIS"]:
            raise ImageError(_no_sky(header, path))
        wcs = whole.sub(axes)
    except (ValueError, MemoryError) as error:  # wcslib raises MemoryError if a -TAB table is missing
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"{path}: expected coordinates, received invalid ones: {reason(error)}") from error
    coordinates = Coordinates(wcs, tuple(axes))
    _check_frame(wcs, header, path)
    _check_scale(coordinates, path)
    _check_cards(coordinates, header, path)
    return coordinates


def _no_sky(header: fits.Header, path: str | Path) -> str:
    """Return the error message for an image without coordinates."""
    types = [shown(header.get(f"CTYPE{axis}")) for axis in range(1, header["NAXIS"] + 1)]
    return (
        f"{path}, cards CTYPE: expected an axis RA--- and an axis DEC--, or GLON and GLAT, "
        f"received {', '.join(types)}; write the coordinates into the file"
    )


def _check_frame(wcs: WCS, header: fits.Header, path: str | Path) -> None:
    """Raise an error if the frame of the coordinates is not supported."""
    wcs.wcs.set()
    longitude, system, equinox = wcs.wcs.ctype[wcs.wcs.lng], wcs.wcs.radesys, wcs.wcs.equinox
    if not longitude.startswith(LONGITUDES):
        raise ImageError(_no_sky(header, path))
    if longitude.startswith("GLON"):
        return
    if system not in EQUATORIAL:
        known = ", ".join(EQUATORIAL)
        raise ImageError(f"{path}, card RADESYS: expected one of {known}, received {shown(system)}")
    if np.isfinite(equinox) and not FIRST_EQUINOX <= equinox <= LAST_EQUINOX:
        raise ImageError(
            f"{path}, card EQUINOX: expected a year from {FIRST_EQUINOX:g} to {LAST_EQUINOX:g}, "
            f"received {equinox:g}"
        )


def _check_scale(coordinates: Coordinates, path: str | Path) -> None:
    """Raise an error if the reference point or the pixel scale is not usable."""
    reference = [*coordinates.wcs.wcs.crval, *coordinates.wcs.wcs.crpix]
    if not np.isfinite(reference).all():
        raise ImageError(f"{path}, cards CRVAL and CRPIX: expected finite numbers, received {reference}")
    area = abs(np.linalg.det(coordinates.wcs.pixel_scale_matrix))
    if not 0 < area < np.inf:
        raise ImageError(
            f"{path}, cards CDELT1 and CDELT2: expected a pixel area above 0 deg^2, received {area}"
        )


def _check_cards(coordinates: Coordinates, header: fits.Header, path: str | Path) -> None:
    """Raise an error if a card cannot be written to the images of tiles; wcslib accepts infinite numbers."""
    for card in coordinates.cards().cards:
        try:
            card.verify("exception")
        except fits.VerifyError as error:
            # The image itself may have the card under an older name (EPOCH, RESTFREQ).
            received = shown(header.get(card.keyword, card.image.partition("=")[2].partition("/")[0].strip()))
            raise ImageError(
                f"{path}, card {card.keyword}: expected a finite number, received {received}"
            ) from error
