"""Record what a file was made of: code, settings, inputs and versions, but neither time nor host.

A job adds its own part to the provenance of its inputs, so a catalogue records everything that went into it.
Where the inputs differ, for example tiles that were searched with two versions of a library, all values are
kept under ``one of``.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Protocol

from radiofind.files import read_metadata

Provenance = dict[str, dict[str, object]]
"""``code`` and ``settings`` by rule, ``inputs`` by name, ``versions`` by distribution."""

KEY = "provenance"
"""Key in the metadata of a table and in a JSON file."""
NO_SETTINGS = ("code", "stamps")
"""Parameters that are not settings."""
IMAGES = ("image", "images")
"""Inputs that are not digested: the fingerprints of their tiles cover the pixels that a job reads."""
FINGERPRINT = ("header", "pixels", "core_pixels", "halo_pixels", "reach_pixels")
"""Keys of a tile file that identify its input: image header, pixels and tiling."""
DISTRIBUTIONS = {
    **{name: name for name in ("numpy", "scipy", "astropy", "pandas", "pyarrow", "dask", "h5py", "keras")},
    "sklearn": "scikit-learn",
    "bdsf": "bdsf",
}
"""Distributions whose version affects results, by the module that they install."""
DIFFERENT = "one of"
"""Key of the list of values in which the inputs of a job differ."""


class Named(Protocol):
    """Named values, as Snakemake passes them to a script."""

    def items(self) -> Iterable[tuple[str, object]]:
        """Return names and values."""


def provenance_of(
    rule: str,
    *,
    params: Named,
    inputs: Named,
    tools: Iterable[str] = (),
    known: Mapping[str, Provenance] | None = None,
) -> Provenance:
    """Return the provenance of a job's outputs.

    Parameters
    ----------
    rule
        Name of the rule, followed by the finder if there is one.
    params
        Parameters of the job: ``code`` is the digest of its code, ``stamps`` are file times, and all others
        are settings.
    inputs
        Input files of the job: a path or a list of paths for each name.
    tools
        Modules that the job uses without importing them into this process.
    known
        Provenance of inputs that this function cannot read, by name.
    """
    settings = {name: value for name, value in params.items() if name not in NO_SETTINGS}
    own = {
        "code": {rule.split()[0]: dict(params.items())["code"]},
        "settings": {rule: settings} if settings else {},
        "inputs": {},
        "versions": _versions({*tools, *sys.modules}),
    }
    merged: dict[str, object] = {}
    for name, value in inputs.items():
        paths = [value] if isinstance(value, str) else list(value)
        for path in paths if name not in (known or {}) else ():
            _add(merged, _of_input(name, Path(path)))
    for further in (*(known or {}).values(), json.loads(json.dumps(own))):
        _add(merged, further)
    return merged


def fold_tiles(provenance: Provenance) -> Provenance:
    """Return a provenance with the tile fingerprints of each mosaic condensed into one digest.

    Parameters
    ----------
    provenance
        As `provenance_of` returns it.
    """
    found = provenance["inputs"].get("tiles", {})
    folded = {name: value for name, value in found.items() if "/" not in name}
    tiles = sorted((name for name in found if "/" in name), key=_mosaic_of)
    for mosaic, names in groupby(tiles, key=_mosaic_of):
        fingerprints = {name: found[name] for name in names}
        digest = hashlib.sha256(json.dumps(fingerprints, sort_keys=True).encode()).hexdigest()
        _add(folded, {mosaic: f"{len(fingerprints)} tiles, sha256 {digest}"})
    return provenance | {"inputs": {**provenance["inputs"], "tiles": folded}}


def read_provenance(path: str | Path) -> Provenance:
    """Return the provenance stored in a file, or an empty one.

    Parameters
    ----------
    path
        A table (Parquet), image (FITS) or model record (JSON).
    """
    path = Path(path)
    return READERS[path.suffix](path).get(KEY, {}) if path.suffix in READERS else {}


def in_lines(provenance: Provenance, width: int = 70) -> list[str]:
    """Return a provenance as lines of text, for FITS HISTORY cards and comments.

    Parameters
    ----------
    provenance
        As `provenance_of` returns it.
    width
        Most characters of a line.
    """
    return [
        part
        for line in _sentences(provenance)
        for part in textwrap.wrap(line, width, subsequent_indent="  ", break_on_hyphens=False)
    ]


def _sentences(provenance: Provenance) -> Iterator[str]:
    """Yield a line for each entry of a provenance."""
    for part in ("inputs", "settings", "code", "versions"):
        for name, value in sorted(provenance.get(part, {}).items()):
            text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=True)
            yield f"{part} {name}: {text}"


def _mosaic_of(tile: str) -> str:
    """Return the mosaic in the name of a tile."""
    return tile.split("/")[0]


def _of_input(name: str, path: Path) -> Provenance:
    """Return the provenance that an input contributes."""
    if name in IMAGES:
        return {"inputs": {name: {path.name: "by the fingerprints of its tiles"}}}
    if path.parent.name == "tiles" and path.suffix == ".json":
        tile = json.loads(path.read_text())
        fingerprint = {key: tile[key] for key in FINGERPRINT}
        return {"inputs": {"tiles": {f"{path.parent.parent.name}/{path.stem}": fingerprint}}}
    found = read_provenance(path) if path.parts[0] == "results" or path.suffix == ".json" else {}
    return found or {"inputs": {name: {path.name: _digest(path)}}}


def _read_json(path: Path) -> dict[str, object]:
    """Return the object in a JSON file, or an empty one if it holds something else."""
    content = json.loads(path.read_text())
    return content if isinstance(content, dict) else {}


READERS = {".parquet": read_metadata, ".fits": read_metadata, ".json": _read_json}
"""Readers of the metadata of a file, by suffix."""


def _digest(path: Path) -> str:
    """Return the SHA-256 digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add(merged: dict[str, object], further: Mapping[str, object]) -> None:
    """Add the entries of another provenance to a provenance."""
    for key, value in further.items():
        known = merged.setdefault(key, {} if _is_group(value) else value)
        if _is_group(known) and _is_group(value):
            _add(known, value)
        elif known != value:
            merged[key] = {DIFFERENT: _different(known, value)}


def _is_group(value: object) -> bool:
    """Return whether a value is a dictionary of entries, not a list of differing values."""
    return isinstance(value, dict) and DIFFERENT not in value


def _different(*values: object) -> list[object]:
    """Return the distinct values, of which each may itself be a list of differing values."""
    several = [
        value[DIFFERENT] if isinstance(value, dict) and DIFFERENT in value else [value] for value in values
    ]
    by_text = {json.dumps(value, sort_keys=True): value for group in several for value in group}
    return [by_text[text] for text in sorted(by_text)]


def _versions(modules: set[str]) -> dict[str, str]:
    """Return the versions of Python and of the distributions of the given modules."""
    names = [name for module, name in DISTRIBUTIONS.items() if module in modules]
    found = {name: importlib.metadata.version(name) for name in names}
    if "tensorflow" in modules:
        found["tensorflow"] = sys.modules["tensorflow"].__version__
    return {"python": platform.python_version(), **found}
