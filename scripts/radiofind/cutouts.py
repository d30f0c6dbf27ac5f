"""Stand-in with the fields of the labelled cutouts, to build the simulator against; replaced at the merge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Cutouts:
    """Labelled cutouts and how they are split."""

    image: np.ndarray
    """Brightness, float32 (n, rows, columns), never NaN."""
    label: np.ndarray
    """Place in `classes`, uint8 (n,)."""
    split: np.ndarray
    """train, valid or test, str (n,)."""
    group: np.ndarray
    """Copies of an object share it, str (n,)."""
    name: np.ndarray
    """Names, str (n,)."""
    rms: np.ndarray
    """Noise in the unit of `image`, float32 (n,)."""
    classes: tuple[str, ...]
    """Names of the classes."""
    pixel_arcsec: float
    """Size of a pixel, arcsec."""
