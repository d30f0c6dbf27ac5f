"""Where side lobes and bowls of bright sources are likely."""

from __future__ import annotations

NEAR_BEAMS = 8.0
"""How near a bright source side lobes are likely: VLASS judges a detection by its peak-to-ring ratio and its
neighbours within 20 arcsec, 8 beams (Gordon et al. 2021)."""
BRIGHT_RATIO = 50.0
"""Least peak of the bright source over that of a side lobe. The guide of VLASS promises a dynamic range of
100 at 4 to 6 beams in its single-epoch images, twice that of its Quick Look images."""
