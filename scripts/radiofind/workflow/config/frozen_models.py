"""Check frozen models against the configuration: what jobs would refuse after hours of search.

The records are read as plain JSON, since the libraries of the jobs may be missing where the configuration is
checked; the jobs check the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from radiofind.errors import reason, shown
from radiofind.finders.convosource.limits import GENERAL, SCALINGS
from radiofind.finders.evidence_columns import evidence_columns, scored_in
from radiofind.finders.kinds import KINDS, WITH_SCORES
from radiofind.workflow.config.messages import Fault, Keys
from radiofind.workflow.config.paths import model_faults

SHIPPED = {GENERAL: Path(__file__).parents[4] / "config/networks/general.keras"}
"""Files of the models that ship, by their names in the configuration."""
NUMBER = (int, float)
FIELDS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "convosource": {"recipe": str, "input_scaling": str, "pixels_per_beam": NUMBER, "train_snr": NUMBER},
    "combined": {"of": list, "features": dict, "train_snr": NUMBER, "radius_pixels": NUMBER},
}
"""Keys of the record of a model that are checked here, with their types, by kind of finder."""


def model_file(model: str) -> Path:
    """Return the file of a frozen model, for a path in the configuration or the name of one that ships."""
    return SHIPPED.get(model, Path(model))


def record_of(model: str) -> Path:
    """Return the record beside a frozen network, or the file of a combined model, which is its own record."""
    return model_file(model).with_suffix(".json")


def read_record(record: str | Path, kind: str) -> dict:
    """Return the record of a frozen model.

    Parameters
    ----------
    record
        The file.
    kind
        The kind of finder.

    Raises
    ------
    ValueError, OSError
        If the file cannot be read, is not JSON, or lacks a key of `FIELDS`.
    """
    content = json.loads(Path(record).read_bytes())
    if not isinstance(content, dict):
        raise ValueError("not an object of JSON")
    wrong = [key for key, types in FIELDS[kind].items() if not isinstance(content.get(key), types)]
    if wrong:
        raise ValueError(f"missing or of the wrong type: {', '.join(wrong)}")
    return content


def frozen_faults(name: str, config: Mapping, base: Path) -> Iterator[Fault]:
    """Yield the faults in the frozen model of a finder, and in settings that do not fit it.

    Parameters
    ----------
    name
        The finder.
    config
        The completed configuration.
    base
        Folder from which relative paths start.
    """
    settings = config["finders"][name]
    kind, model, keys = settings["kind"], settings["model"], ("finders", name)
    record, faults = _read(model, kind, (*keys, "model"), base)
    yield from faults
    if record is None:
        return
    path = record_of(model)
    if record["train_snr"] != settings["train_snr"]:
        expected = f"{record['train_snr']:g}, with which {shown(str(path))} was trained, or another model"
        yield Fault((*keys, "train_snr"), expected, shown(settings["train_snr"]), settings["train_snr"])
    check = _network_faults if kind == "convosource" else _combined_faults
    yield from check(name, record, config, path)


def start_faults(name: str, config: Mapping, base: Path) -> Iterator[Fault]:
    """Yield what is wrong with the network from which the training of a finder starts.

    Parameters
    ----------
    name
        The finder.
    config
        The completed configuration.
    base
        Folder from which relative paths start.
    """
    settings, keys = config["finders"][name], ("finders", name, "start_from")
    start = settings["start_from"]
    if settings["model"]:
        expected, received = "model: null, to train a network", f"model: {settings['model']}"
        yield Fault((*keys[:-1], "model"), expected, received, settings["model"])
        return
    record, faults = _read(start, "convosource", keys, base)
    yield from faults
    if record and record["recipe"] != settings["recipe"]:
        expected = f"{record['recipe']}, the recipe of the network to start from"
        yield Fault((*keys[:-1], "recipe"), expected, shown(settings["recipe"]), settings["recipe"])


def _read(model: str, kind: str, keys: Keys, base: Path) -> tuple[dict | None, list[Fault]]:
    """Return the record of a frozen model, or None and what is wrong with its files."""
    faults = list(model_faults(str(SHIPPED.get(model, model)), KINDS[kind].model_suffix, keys, base))
    if faults:
        return None, faults
    try:
        return read_record(base / record_of(model), kind), []
    except (OSError, ValueError, RecursionError) as error:
        received = f"{shown(str(record_of(model)))} ({reason(error)})"
        return None, [Fault(keys, f"a model that a finder of kind {kind} has trained", received, model)]


def _network_faults(name: str, record: Mapping, config: Mapping, path: Path) -> Iterator[Fault]:
    """Yield a fault if this version lacks the recipe of a network, or its beam is unknown."""
    recipe, scaling = record["recipe"], record["input_scaling"]
    model = config["finders"][name]["model"]
    if SCALINGS.get(recipe) != scaling:
        expected = (
            f"a network of a recipe of this version ({', '.join(map(' with '.join, SCALINGS.items()))})"
        )
        received = f"{shown(str(path))} ({shown(recipe)} with {shown(scaling)})"
        yield Fault(("finders", name, "model"), expected, received, model)
    elif not record["pixels_per_beam"] > 0:
        received = f"{shown(str(path))} (pixels_per_beam {shown(record['pixels_per_beam'])})"
        yield Fault(("finders", name, "model"), "a network that was trained with a beam", received, model)


def _combined_faults(name: str, record: Mapping, config: Mapping, path: Path) -> Iterator[Fault]:
    """Yield a fault for radius, finders or columns with which a combined model was not trained."""
    settings, trained = config["finders"][name], f"as in the training of {shown(str(path))}, or another model"
    of, keys = settings["of"], ("finders", name)
    radius = config.get("match", {}).get("radius_pixels")
    if radius is not None and radius != record["radius_pixels"]:
        expected = f"{record['radius_pixels']:g}, {trained}"
        yield Fault(("match", "radius_pixels"), expected, shown(radius), radius)
    if record["of"] != of:
        wanted = ", ".join(map(shown, record["of"]))
        yield Fault((*keys, "of"), f"[{wanted}] in this order, {trained}", shown(", ".join(of)), of)
        return
    scored = scored_in(record["features"], of)
    without = [one for one in scored if config["finders"].get(one, {}).get("kind") not in WITH_SCORES]
    if without:
        expected = f"scores of {', '.join(without)}, {trained}"
        yield Fault((*keys, "of"), expected, "a kind of finder that gives none", of)
    elif sorted(record["features"]) != sorted(evidence_columns(of, scored=scored)):
        received = f"{shown(str(path))} (features {shown(', '.join(record['features']))})"
        expected = "a model with the evidence of this version; train another one"
        yield Fault((*keys, "model"), expected, received, settings["model"])
