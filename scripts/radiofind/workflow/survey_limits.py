"""Check before the search that the mosaics of a survey have one frequency."""

from __future__ import annotations

from collections.abc import Mapping

from radiofind.errors import InputFileError

FREQUENCY = "frequency_hz"
"""Key of the frequency in the metadata of fingerprints; None for an image that cannot be read."""
LARGEST_RATIO = 1.02
"""Largest ratio of two frequencies: it changes the flux of a source of spectral index -0.7 by 1.4 %."""


def check_frequencies(frequencies_hz: Mapping[str, float | None]) -> None:
    """Raise if two mosaics have different frequencies, since the same source has different fluxes in them.

    Parameters
    ----------
    frequencies_hz
        By mosaic of the survey; None where it is not known.

    Raises
    ------
    InputFileError
        With the mosaics of the lowest and the highest frequency.
    """
    known = {mosaic: value for mosaic, value in frequencies_hz.items() if value}
    if not known:
        return
    low, high = min(known, key=known.get), max(known, key=known.get)
    if known[high] > LARGEST_RATIO * known[low]:
        raise InputFileError(
            f"survey: expected mosaics whose frequencies differ by at most {LARGEST_RATIO - 1:.0%}, received "
            f"{low} with {known[low] / 1e6:g} MHz and {high} with {known[high] / 1e6:g} MHz; leave one of "
            "them out of the sheet, or make no survey (survey: null)"
        )
