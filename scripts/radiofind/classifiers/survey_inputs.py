"""Read mosaics with the sources of a finder, to make cutouts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

import pandas as pd

from radiofind.classifiers.survey_sources import MosaicSources
from radiofind.mosaics.images import ImageSource


def read_survey_sources(
    images: Mapping[str, ImageSource], *, catalogues: Sequence[str], components: Sequence[str] = ()
) -> list[MosaicSources]:
    """Return mosaics with the sources of one finder.

    Parameters
    ----------
    images
        Image by mosaic.
    catalogues
        The catalogue of each mosaic, in the same order.
    components
        The Gaussians of each mosaic, in the same order; empty if the finder fits none.
    """
    files = zip_longest(images.items(), catalogues, components)
    return [_read(mosaic, image, catalogue, fitted) for (mosaic, image), catalogue, fitted in files]


def _read(mosaic: str, image: ImageSource, catalogue: str, components: str | None) -> MosaicSources:
    """Return one mosaic with its sources."""
    header = image.read_header()
    fitted = pd.read_parquet(components) if components else None
    return MosaicSources(mosaic, header, pd.read_parquet(catalogue), fitted)
