"""Read the inputs for the features of sources: catalogue, beam, and a second frequency if available."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from radiofind.evaluation.spectral_index import spectral_index_of
from radiofind.mosaics.images import ImageHeader, ImageSource


def read_context(
    catalogue: pd.DataFrame, image: ImageSource, partners: Mapping[str, ImageSource]
) -> dict[str, object]:
    """Return the arguments of `features.features_of` other than the catalogue.

    Parameters
    ----------
    catalogue
        What a finder found in a mosaic.
    image
        The mosaic.
    partners
        Mosaics of the same field, by the path of what the same finder found in each. That of the most
        different frequency is used; the same frequency gives no spectral index.

    Returns
    -------
    dict
        ``beam_arcsec``, and ``spectral_index`` of each source, None without another frequency.
    """
    header = image.read_header()
    index = _spectral_index(catalogue, header, partners) if partners else None
    return {"beam_arcsec": _beam_arcsec(header), "spectral_index": index}


def _spectral_index(
    catalogue: pd.DataFrame, header: ImageHeader, partners: Mapping[str, ImageSource]
) -> np.ndarray | None:
    """Return the spectral index of each source; None if all frequencies are the same."""
    headers = [partner.read_header() for partner in partners.values()]
    apart = [abs(np.log(other.frequency_hz / header.frequency_hz)) for other in headers]
    chosen = int(np.argmax(apart))
    other = headers[chosen]
    if not apart[chosen]:
        return None
    return spectral_index_of(
        catalogue,
        pd.read_parquet(list(partners)[chosen]),
        frequencies_hz=(header.frequency_hz, other.frequency_hz),
        radius_arcsec=max(_beam_arcsec(header), _beam_arcsec(other)) / 2,
    )


def _beam_arcsec(header: ImageHeader) -> float:
    """Return the geometric mean of the axes of the beam (FWHM)."""
    return float(np.sqrt(header.beam.major_arcsec * header.beam.minor_arcsec))
