"""The settings of a simulated mosaic, with the bands of the first SKA Data Challenge (SDC1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BLOCK_ROWS = 256
"""Rows of a block, which has its own seed: another number gives another sky."""

BEAM_PIXELS = (2.0, 100.0)
"""Smallest and largest beam (FWHM): narrower ones are undersampled, and noise of wider ones spans blocks."""

BANDS = {
    560.0: {"pixel_arcsec": 1.67847e-4 * 3600, "beam_arcsec": 1.5, "rms_jy_per_beam": 2.87e-6},
    1400.0: {"pixel_arcsec": 6.71387e-5 * 3600, "beam_arcsec": 0.6, "rms_jy_per_beam": 0.70e-6},
    9200.0: {"pixel_arcsec": 1.02168e-5 * 3600, "beam_arcsec": 0.0913, "rms_jy_per_beam": 0.43e-6},
}
"""The bands of SDC1 by frequency in MHz, with the thermal noise of 8 hours (arXiv 1811.10454)."""


@dataclass(frozen=True)
class Simulation:
    """The settings of one simulated mosaic.

    Raises
    ------
    ValueError
        If a value is out of range, or missing at a frequency other than those of SDC1.
    """

    size_pixels: int
    """Side of the image, pixels."""
    frequency_mhz: float
    """Frequency, MHz."""
    exposure_h: float
    """Observing time, hours: sets the noise when `rms_jy_per_beam` does not."""
    seed: int
    """Seed of sky and noise."""
    pixel_arcsec: float | None = None
    """Size of a pixel, arcsec; that of the band by default."""
    beam_arcsec: float | None = None
    """FWHM of the circular beam, arcsec; that of the band by default."""
    rms_jy_per_beam: float | None = None
    """Noise, Jy/beam; the thermal noise of the band and exposure by default."""
    ra_deg: float = 0.0
    """Right ascension of the centre, deg."""
    dec_deg: float = -30.0
    """Declination of the centre, deg."""
    axes: int = 4
    """Axes of the image: 4 as in SDC1, 2 as in LoTSS."""
    primary_beam: bool = True
    """Whether the sky is attenuated by a primary beam."""
    blank_outside_circle: bool = False
    """Whether pixels outside the inscribed circle are blank."""
    density: float = 1.0
    """Factor on the source counts."""

    def __post_init__(self) -> None:
        self._fill_in_band()
        for name in ("size_pixels", "frequency_mhz", "pixel_arcsec", "rms_jy_per_beam", "density"):
            if not getattr(self, name) > 0:
                raise ValueError(f"Expected {name} greater than 0, received {getattr(self, name)}")
        if self.axes not in (2, 4):
            raise ValueError(f"Expected axes 2 or 4, received {self.axes}")
        low, high = BEAM_PIXELS
        if not low <= self.beam_pixels <= high:
            raise ValueError(
                f"Expected beam_arcsec from {low:g} to {high:g} pixels, received {self.beam_arcsec} arcsec "
                f"({self.beam_pixels:.2f} pixels)"
            )

    @property
    def beam_pixels(self) -> float:
        """FWHM of the beam, pixels."""
        return self.beam_arcsec / self.pixel_arcsec

    @property
    def blocks(self) -> int:
        """Number of blocks of rows; the last block may have fewer rows."""
        return -(-self.size_pixels // BLOCK_ROWS)

    def rows_of(self, block: int) -> tuple[int, int]:
        """Return the first row of a block and the row after its last."""
        return block * BLOCK_ROWS, min((block + 1) * BLOCK_ROWS, self.size_pixels)

    def _fill_in_band(self) -> None:
        """Fill in the values of the band where none are given."""
        if not self.exposure_h > 0:
            raise ValueError(f"Expected exposure_h greater than 0, received {self.exposure_h}")
        missing = [n for n in ("pixel_arcsec", "beam_arcsec", "rms_jy_per_beam") if getattr(self, n) is None]
        if missing and self.frequency_mhz not in BANDS:
            raise ValueError(
                f"Expected {', '.join(missing)} for frequency_mhz {self.frequency_mhz:g}, received none; "
                f"there are defaults only at {', '.join(f'{mhz:g}' for mhz in BANDS)} MHz"
            )
        for name in missing:
            scale = np.sqrt(8 / self.exposure_h) if name == "rms_jy_per_beam" else 1.0
            object.__setattr__(self, name, float(BANDS[self.frequency_mhz][name] * scale))
