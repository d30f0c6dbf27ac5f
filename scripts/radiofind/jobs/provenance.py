"""Say of a file what it was made of: code, settings, inputs and versions, but no time and no host.

A job adds what it knows to what its inputs say of themselves, so that a catalogue tells of all that entered
it. Where its inputs differ in something, as tiles do that were searched with two versions of a library, all
values are told, under ``one of``.
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
"""Parameters that are no settings."""
IMAGES = ("image", "images")
"""Inputs that are not looked at: the fingerprints of tiles stand for the pixels that a job reads."""
FINGERPRINT = ("header", "pixels", "core_pixels", "halo_pixels", "reach_pixels")
"""What a tile file says of what a tile depends on."""
DISTRIBUTIONS = {
    **{name: name for name in ("numpy", "scipy", "astropy", "pandas", "pyarrow", "dask", "h5py", "keras")},
    "sklearn": "scikit-learn",
    "bdsf": "bdsf",
}
"""Distributions that matter to results, by the module that they install."""
DIFFERENT = "one of"
"""Key under which values are told that differ among the inputs of a job."""


class Named(Protocol):
    """Values with names, as Snakemake hands them to a script."""

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
    """Return what a job's outputs are made of.

    Parameters
    ----------
    rule
        Name of the job's rule, with the finder where it has one.
    params
        Its parameters: ``code`` is a digest of its code, ``stamps`` tell of times, the others are settings.
    inputs
        Its files, one or a list for each name.
    tools
        Modules that it uses without importing them into this process.
    known
        What inputs say of themselves, by name, for those that cannot be read here.
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
    """Return a provenance in which one digest stands for the fingerprints of all tiles of a mosaic.

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
    """Return what a file of the workflow says of itself; nothing when it says nothing.

    Parameters
    ----------
    path
        A table (Parquet), image (FITS) or model record (JSON).
    """
    path = Path(path)
    return READERS[path.suffix](path).get(KEY, {}) if path.suffix in READERS else {}


def in_lines(provenance: Provenance, width: int = 70) -> list[str]:
    """Return a provenance as lines for astronomers, for FITS HISTORY and comments.

    Parameters
    ----------
    provenance
        As `provenance_of` returns it.
    width
        Longest line.
    """
    return [
        part
        for line in _sentences(provenance)
        for part in textwrap.wrap(line, width, subsequent_indent="  ", break_on_hyphens=False)
    ]


def _sentences(provenance: Provenance) -> Iterator[str]:
    """Yield one line per fact."""
    for part in ("inputs", "settings", "code", "versions"):
        for name, value in sorted(provenance.get(part, {}).items()):
            told = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=True)
            yield f"{part} {name}: {told}"


def _mosaic_of(tile: str) -> str:
    """Return the mosaic in the name of a tile."""
    return tile.split("/")[0]


def _of_input(name: str, path: Path) -> Provenance:
    """Return what one input brings with it."""
    if name in IMAGES:
        return {"inputs": {name: {path.name: "by the fingerprints of its tiles"}}}
    if path.parent.name == "tiles" and path.suffix == ".json":
        tile = json.loads(path.read_text())
        fingerprint = {key: tile[key] for key in FINGERPRINT}
        return {"inputs": {"tiles": {f"{path.parent.parent.name}/{path.stem}": fingerprint}}}
    found = read_provenance(path) if path.parts[0] == "results" or path.suffix == ".json" else {}
    return found or {"inputs": {name: {path.name: _digest(path)}}}


def _read_json(path: Path) -> dict[str, object]:
    """Return the object in a JSON file; nothing when it holds something else."""
    content = json.loads(path.read_text())
    return content if isinstance(content, dict) else {}


READERS = {".parquet": read_metadata, ".fits": read_metadata, ".json": _read_json}
"""What returns the metadata of a file, by its suffix."""


def _digest(path: Path) -> str:
    """Return the SHA-256 digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add(merged: dict[str, object], further: Mapping[str, object]) -> None:
    """Add to a provenance what another one says."""
    for key, value in further.items():
        known = merged.setdefault(key, {} if _is_group(value) else value)
        if _is_group(known) and _is_group(value):
            _add(known, value)
        elif known != value:
            merged[key] = {DIFFERENT: _different(known, value)}


def _is_group(value: object) -> bool:
    """Return whether a value holds facts with names of their own."""
    return isinstance(value, dict) and DIFFERENT not in value


def _different(*values: object) -> list[object]:
    """Return the different ones among values, each of which may stand for several already."""
    several = [
        value[DIFFERENT] if isinstance(value, dict) and DIFFERENT in value else [value] for value in values
    ]
    by_text = {json.dumps(value, sort_keys=True): value for group in several for value in group}
    return [by_text[text] for text in sorted(by_text)]


def _versions(modules: set[str]) -> dict[str, str]:
    """Return the versions of Python and of the libraries among some modules."""
    names = [name for module, name in DISTRIBUTIONS.items() if module in modules]
    found = {name: importlib.metadata.version(name) for name in names}
    if "tensorflow" in modules:
        found["tensorflow"] = sys.modules["tensorflow"].__version__
    return {"python": platform.python_version(), **found}
