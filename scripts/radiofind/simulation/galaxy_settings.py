"""The settings of a simulated data set of radio galaxies, with their allowed ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radiofind.mosaics.gaussians import FWHM, determinant_of
from radiofind.simulation.beams import beam_covariance
from radiofind.simulation.galaxy_shapes import DRAWERS, MOST_COMPONENTS, SEPARATION_BEAMS

LARGEST_PART = 0.7
"""Size of the largest galaxy over the side of the cutout, so that an arm 1.5 times the other still fits."""

LEAST_BEAMS = (MOST_COMPONENTS - 1) * SEPARATION_BEAMS / LARGEST_PART
"""Side of the smallest cutout, beams, in which a galaxy with the most components fits."""

BEAM_PIXELS = (2.0, 100.0)
"""Smallest and largest beam (FWHM); narrower ones are undersampled."""


@dataclass(frozen=True)
class GalaxySettings:
    """The settings of one simulated data set.

    Raises
    ------
    ValueError
        If a value is out of range or a class unknown.
    """

    classes: Sequence[str] = ("compact", "FRI", "FRII", "bent")
    """Names of `galaxy_shapes.DRAWERS`, in the order of the labels."""
    images_per_class: int = 150
    """Cutouts of each class."""
    size_pixels: int = 64
    """Side of a cutout, pixels."""
    pixel_arcsec: float = 1.8
    """Size of a pixel, arcsec."""
    beam_arcsec: float | Sequence[float] = 5.4
    """FWHM of a circular beam, arcsec; or major, minor and position angle (deg, north through east)."""
    snr: Sequence[float] = (10.0, 100.0)
    """Range of the brightest pixel of a galaxy over the noise; log-uniform."""
    rms_jy_per_beam: float = 1.5e-4
    """Noise, Jy/beam."""
    neighbours_per_arcmin2: float = 0.1
    """Density of other sources above 3 times the noise."""
    offset_pixels: float = 1.0
    """Largest distance of the host from the centre of the cutout along each axis, pixels."""
    seed: int = 1
    """Seed of galaxies and noise."""
    validation_fraction: float = 0.15
    """Fraction of the cutouts for validation."""
    test_fraction: float = 0.2
    """Fraction of the cutouts for the test."""
    split_seed: int = 1
    """Seed of the split."""

    def __post_init__(self) -> None:
        for name in ("classes", "snr", "beam_arcsec"):
            value = getattr(self, name)
            object.__setattr__(self, name, tuple(value) if isinstance(value, list) else value)
        self._check_classes()
        self._check_ranges()
        self._check_beam()

    @property
    def beam_pixels(self) -> float:
        """FWHM of the beam, pixels; the geometric mean of an elliptical one."""
        return float(FWHM * determinant_of(self.beam) ** 0.25)

    @property
    def beam(self) -> np.ndarray:
        """Covariance of the beam, (xx, xy, yy), pixels2."""
        return beam_covariance(self.beam_arcsec, pixel_arcsec=self.pixel_arcsec)

    def _check_classes(self) -> None:
        """Raise an error if a class is unknown or repeated, or there are none."""
        unknown = [name for name in self.classes if name not in DRAWERS]
        if unknown or not self.classes or len(set(self.classes)) < len(self.classes):
            raise ValueError(
                f"Expected classes among {', '.join(DRAWERS)}, each once, received {list(self.classes)}"
            )

    def _check_ranges(self) -> None:
        """Raise an error if a number is out of range."""
        for name in ("images_per_class", "size_pixels", "pixel_arcsec", "rms_jy_per_beam"):
            if not getattr(self, name) > 0:
                raise ValueError(f"Expected {name} greater than 0, received {getattr(self, name)}")
        for name in ("neighbours_per_arcmin2", "offset_pixels"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"Expected {name} of at least 0, received {getattr(self, name)}")
        if len(self.snr) != 2 or not 0 < self.snr[0] <= self.snr[1]:
            raise ValueError(f"Expected snr as [lowest, highest] above 0, received {list(self.snr)}")

    def _check_beam(self) -> None:
        """Raise an error if the beam does not suit the pixels or the cutout."""
        if np.ndim(self.beam_arcsec) and len(self.beam_arcsec) != 3:
            raise ValueError(
                f"Expected beam_arcsec as FWHM or [major, minor, angle], received {self.beam_arcsec}"
            )
        axes = np.atleast_1d(self.beam_arcsec)[:2] / self.pixel_arcsec
        if not (BEAM_PIXELS[0] <= axes.min() and axes.max() <= BEAM_PIXELS[1]):
            raise ValueError(
                f"Expected beam_arcsec from {BEAM_PIXELS[0]:g} to {BEAM_PIXELS[1]:g} pixels, "
                f"received {self.beam_arcsec} arcsec on pixels of {self.pixel_arcsec} arcsec"
            )
        if self.size_pixels < LEAST_BEAMS * self.beam_pixels:
            raise ValueError(
                f"Expected size_pixels of at least {LEAST_BEAMS:.1f} beams "
                f"({LEAST_BEAMS * self.beam_pixels:.0f}), received {self.size_pixels}"
            )
