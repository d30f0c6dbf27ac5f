"""What the images of a survey have in common: the band and the widest beam."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Band:
    """What the images of a survey have in common."""

    frequency_hz: float
    """Centre of the band."""
    beam_arcsec: float
    """Major axis of the widest beam (FWHM)."""


def band_of(images: Sequence[Mapping[str, object]]) -> Band:
    """Return what images have in common, from the cards that their catalogues have about them.

    Parameters
    ----------
    images
        What `image_cards.values_about` returned for each; NaN for none.
    """
    cards = pd.DataFrame(images, columns=["FREQ", "BMAJ"])
    return Band(float(cards["FREQ"].median()), float(3600 * cards["BMAJ"].max()))
