"""Check the key `injections`: which finders search mosaics with fake sources, and how many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from radiofind.errors import closest, shown
from radiofind.finders.kinds import OF_TILES
from radiofind.workflow.config.messages import Fault

KEY = "injections"
LEAST_BEAMS = 100
"""Fewest beams per source. One source per 100 beams raises the noise by 2 % (6 % in one box of 20), one per
500 by 0.3 % (1.5 %); the searches use the noise of the image as it is."""


def injection_faults(config: Mapping, _base: Path) -> Iterator[Fault]:
    """Yield what is wrong with the fake sources.

    Parameters
    ----------
    config
        The completed configuration.
    """
    settings = config[KEY]
    if not settings:
        return
    kinds = {name: config["finders"].get(name, {}).get("kind") for name in config["find_with"]}
    usable = [name for name, kind in kinds.items() if kind in OF_TILES]
    for position, name in enumerate(settings["finders"]):
        if name not in usable:
            expected = f"a finder of find_with that searches images: {', '.join(usable) or 'none'}"
            yield Fault((KEY, "finders", position), expected, f"{shown(name)}{closest(name, usable)}", name)
    beams, (low, high) = settings["beams_per_source"], settings["flux_snr"]
    if beams < LEAST_BEAMS:
        expected = (
            f"at least {LEAST_BEAMS} (500 is safe: with more sources they would raise the noise of the image)"
        )
        yield Fault((KEY, "beams_per_source"), expected, shown(beams), beams)
    if low >= high:
        yield Fault(
            (KEY, "flux_snr"), "a lower and a higher number", shown([low, high]), settings["flux_snr"]
        )
    if settings["size_distribution"] == "windhorst" and settings["extended_fraction"]:
        expected = "0, as with size_distribution windhorst the flux decides which sources are extended"
        received = settings["extended_fraction"]
        yield Fault((KEY, "extended_fraction"), expected, shown(received), received)
    shares = [settings[f"{shape}_fraction"] for shape in ("extended", "double")]
    if sum(shares) > 1:
        expected = f"at most {1 - shares[0]:g}, as extended_fraction is {shares[0]:g}"
        yield Fault((KEY, "double_fraction"), expected, shown(shares[1]), shares[1])
