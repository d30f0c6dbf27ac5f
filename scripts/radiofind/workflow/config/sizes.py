"""Sizes in a configuration, in pixels or in beams: which unit counts, and whether the sizes fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from radiofind.errors import quoted, shown
from radiofind.mosaics.sizes import BEAMS, LIMITS, PIXELS
from radiofind.workflow.config.messages import Fault, Keys
from radiofind.workflow.config.yaml_lines import YamlFile, as_text

EXACTLY_ONE = "exactly_one_of"
"""Keyword of our schemas: lists of keys that give the same in different units."""


def without_replaced(
    config: Mapping, schema: Mapping, *, files: Sequence[YamlFile], at: Keys = ()
) -> dict[str, object]:
    """Return a configuration without the keys for which a later source gives the same in another unit.

    Parameters
    ----------
    config
        The default overlaid with the user's files and command line, not yet checked, or a part of it.
    schema
        Its schema.
    files
        The files it was made from, the last one wins. What no file says comes from the command line, which
        wins over all files. Both keys of one file stay, and are a fault.
    at
        Path of keys to the part.
    """
    parts = schema.get("properties", {})
    kept = {
        key: without_replaced(value, parts[key], files=files, at=(*at, key))
        if isinstance(value, Mapping) and key in parts
        else value
        for key, value in config.items()
    }
    for keys in schema.get(EXACTLY_ONE, []):
        given = {key: _rank((*at, key), kept[key], files) for key in keys if key in kept}
        for key, rank in given.items():
            if rank < max(given.values()):
                del kept[key]
    return kept


def tiling_rule(config: Mapping, _base: Path) -> Iterator[Fault]:
    """Yield a fault if the halo of a tile is as large as its core."""
    core, halo = config["tiling"]["core_pixels"], config["tiling"].get("halo_pixels")
    if halo is not None and halo >= core:
        yield Fault(("tiling", "halo_pixels"), f"less than tiling.core_pixels ({core})", shown(halo), halo)


def noise_rule(config: Mapping, _base: Path) -> Iterator[Fault]:
    """Yield a fault for noise boxes that leave gaps, and for a bright lattice that is not finer.

    A size in pixels and one in beams are compared when an image is read (see `sizes.check_sizes`).
    """
    for unit in (PIXELS, BEAMS):
        for names in LIMITS:
            keys, limiting = ((*name[:-1], name[-1] + unit) for name in names)
            value, limit = _value(config, keys), _value(config, limiting)
            if value is not None and limit is not None and value > limit:
                yield Fault(keys, f"at most {as_text(limiting)} ({limit})", shown(value), value)


def _rank(keys: Keys, value: object, files: Sequence[YamlFile]) -> int:
    """Return the number of the last file that has a value, or that after all files if none does."""
    for number, file in reversed(list(enumerate(files))):
        if file.line_of(keys) is not None:
            return number if quoted(file.value_of(keys)) == quoted(value) else len(files)
    return len(files)


def _value(config: Mapping, keys: Keys) -> float | None:
    """Return the size under a key, or None if the configuration lacks it."""
    *groups, last = keys
    for key in groups:
        config = config.get(key) or {}
    return config.get(last)
