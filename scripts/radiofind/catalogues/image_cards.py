"""Describe the image of a catalogue: its name, frame, frequency, beam and origin."""

from __future__ import annotations

from radiofind.mosaics.images import ImageHeader, read_cards

ORIGIN = {
    "TELESCOP": "Telescope",
    "INSTRUME": "Instrument",
    "OBJECT": "Field",
    "DATE-OBS": "Date of the observation",
    "MJD-OBS": "[d] Date of the observation",
}
"""Cards that a catalogue takes from its image, where this has them, with their comments."""


def cards_about(image: ImageHeader) -> list[tuple[str, object, str]]:
    """Return FITS cards about an image: name, value and comment of each."""
    beam = image.beam
    cards = [
        ("RADESYS", "ICRS", "Frame of ra and dec"),
        ("IMAGE", ascii(image.path.name)[1:-1], "Image in which the sources were found"),
        ("FREQ", image.frequency_hz, "[Hz] Frequency of the image"),
        ("BMAJ", beam.major_arcsec / 3600, "[deg] Major axis of the beam (FWHM)"),
        ("BMIN", beam.minor_arcsec / 3600, "[deg] Minor axis of the beam (FWHM)"),
        ("BPA", beam.position_angle_deg, "[deg] Position angle of the beam"),
    ]
    return cards + [(name, value, ORIGIN[name]) for name, value in read_cards(image, tuple(ORIGIN)).items()]


def values_about(image: ImageHeader) -> dict[str, object]:
    """Return the values of the same cards by name, for the metadata of a Parquet file."""
    return {name: value for name, value, _ in cards_about(image)}
