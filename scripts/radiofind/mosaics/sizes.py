"""Resolve sizes that are given in beams to the pixels of one image, and check that they fit together.

One beam is the major axis (FWHM) of the image's beam, in pixels (`ImageHeader.beam_major_pixels`): halos and
noise boxes must hold the long side of a source.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

PIXELS, BEAMS = "_pixels", "_beams"
"""Ends of keys that give a size."""
Name = tuple[str, ...]
"""Keys of a size without its unit, such as ``("noise", "box")``."""
HALO, CORE = ("tiling", "halo"), ("tiling", "core")
BOX, STEP = ("noise", "box"), ("noise", "step")
BRIGHT_BOX, BRIGHT_STEP = ("noise", "bright", "box"), ("noise", "bright", "step")
LEAST_PIXELS = {HALO: 13, BOX: 10, BRIGHT_BOX: 10}
"""Smallest sizes, as in the schema of the configuration."""
LIMITS = ((STEP, BOX), (BRIGHT_BOX, BOX), (BRIGHT_STEP, STEP), (BRIGHT_STEP, BRIGHT_BOX))
"""Pairs of sizes, of which the first is at most as large as the second."""


class SizeError(ValueError):
    """Sizes that are impossible for an image."""


@dataclass(frozen=True)
class _Size:
    """A size as the user gave it."""

    key: str
    """Its key, such as ``noise.box_beams``."""
    given: float
    """Its value."""
    pixels: int
    """The same in pixels."""

    def __str__(self) -> str:
        """Return key and value, and the pixels of a size in beams."""
        return f"{self.key} {self.given:g}" + (f" ({self.pixels} pixels)" if self.key.endswith(BEAMS) else "")


def are_in_beams(settings: Mapping[str, object]) -> bool:
    """Return whether some settings contain a size in beams."""
    return any(
        are_in_beams(value) if isinstance(value, Mapping) else key.endswith(BEAMS)
        for key, value in settings.items()
    )


def sizes_of(settings: Mapping[str, object]) -> dict[str, object]:
    """Return the sizes among some settings, in pixels or in beams, without the other settings."""
    return {
        key: sizes_of(value) if isinstance(value, Mapping) else value
        for key, value in settings.items()
        if isinstance(value, Mapping) or key.endswith((PIXELS, BEAMS))
    }


def in_pixels(settings: Mapping[str, object], *, beam_pixels: float) -> dict[str, object]:
    """Return the same settings with all sizes in pixels.

    Parameters
    ----------
    settings
        Settings of the tiling or of the noise measurement. Sizes in beams are rounded to whole pixels, at
        least 1; their keys end with ``_pixels`` in the result, and keep their places.
    beam_pixels
        One beam, in pixels.
    """
    resolved: dict[str, object] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            resolved[key] = in_pixels(value, beam_pixels=beam_pixels)
        elif key.endswith(BEAMS):
            resolved[key.removesuffix(BEAMS) + PIXELS] = max(1, math.floor(value * beam_pixels + 0.5))
        else:
            resolved[key] = value
    return resolved


def radius_in_pixels(match: Mapping[str, float], *, beam_pixels: float) -> float:
    """Return the radius of a match in pixels, to 1e-4, from ``radius_pixels`` or ``radius_beams``."""
    if "radius_pixels" in match:
        return match["radius_pixels"]
    return round(match["radius_beams"] * beam_pixels, 4)


def check_sizes(*, tiling: Mapping[str, object], noise: Mapping[str, object], beam_pixels: float) -> None:
    """Raise an error if the sizes of tiles and noise boxes are impossible once they are in pixels.

    Parameters
    ----------
    tiling, noise
        Sizes in pixels or in beams.
    beam_pixels
        One beam, in pixels.

    Raises
    ------
    SizeError
        With keys and values, in beams and pixels, and the beam.
    """
    sizes = dict(_sizes({"tiling": tiling, "noise": noise}, beam_pixels))
    for name, least in LEAST_PIXELS.items():
        if name in sizes and sizes[name].pixels < least:
            raise _impossible(f"at least {least} pixels", sizes[name], beam_pixels)
    if sizes[HALO].pixels >= sizes[CORE].pixels:
        raise _impossible(f"less than {sizes[CORE]}", sizes[HALO], beam_pixels)
    for small, large in LIMITS:
        if small in sizes and sizes[small].pixels > sizes[large].pixels:
            raise _impossible(f"at most {sizes[large]}", sizes[small], beam_pixels)


def _impossible(expected: str, received: _Size, beam_pixels: float) -> SizeError:
    """Return the error about one size."""
    return SizeError(
        f"expected {expected}, received {received}; the major axis of its beam is {beam_pixels:g} pixels"
    )


def _sizes(settings: Mapping[str, object], beam_pixels: float, at: Name = ()) -> Iterator[tuple[Name, _Size]]:
    """Yield the name and size of each size among nested settings."""
    pixels = in_pixels(settings, beam_pixels=beam_pixels)
    for (key, given), resolved in zip(settings.items(), pixels.values(), strict=True):
        if isinstance(given, Mapping):
            yield from _sizes(given, beam_pixels, (*at, key))
        elif key.endswith((PIXELS, BEAMS)):
            name = key.removesuffix(PIXELS).removesuffix(BEAMS)
            yield (*at, name), _Size(".".join((*at, key)), given, resolved)
