"""Check the configuration at the start and fill in its defaults.

The schemas in ``config/schemas`` are the manual, and the only place with type, unit, range and default of a
key. This module has the rules between keys.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from radiofind.errors import closest, quoted, shown
from radiofind.files import LONGEST_NAME
from radiofind.given_files import file_trouble
from radiofind.workflow.config.classifiers import classifier_faults
from radiofind.workflow.config.frozen_models import frozen_faults, start_faults
from radiofind.workflow.config.injections import injection_faults
from radiofind.workflow.config.messages import Fault, Keys, listed
from radiofind.workflow.config.schemas import LARGEST_INTEGER, NOTHING, completed, faults_of
from radiofind.workflow.config.sizes import noise_rule, tiling_rule, without_replaced
from radiofind.workflow.config.yaml_lines import YamlFile, as_text, read_yaml

SUFFIX = ".schema.yaml"

ELSEWHERE = "command line or a default"


class ConfigurationError(ValueError):
    """An error in the configuration; the message gives file, line and key of every mistake."""


def check_config(
    config: Mapping, *, schemas: str | Path, sources: Sequence[str | Path] = (), base: str | Path = "."
) -> dict:
    """Return the configuration with all defaults filled in, if it is valid.

    Parameters
    ----------
    config
        The default overlaid with the user's files and command line.
    schemas
        Folder of ``config.schema.yaml``, ``finders/<kind>.schema.yaml``, ``datasets/<kind>.schema.yaml`` and
        ``network.schema.yaml``.
    sources
        The YAML files it was made from, the last one wins; read only for the line numbers of keys.
    base
        Folder from which relative paths start.

    Returns
    -------
    dict
        A new dictionary, in the order of the schema.

    Raises
    ------
    ConfigurationError
        If a file is not YAML, or a key or value is wrong; with a line for each mistake.
    """
    files = _read_sources(sources, Path(base))
    faults = list(_unusable_parts(config, ()))
    if not faults:
        config = without_replaced(config, _load(Path(schemas) / f"config{SUFFIX}"), files=files)
        config, faults = _checked(config, Path(schemas), Path(base))
    raise_faults(faults, sources=sources, base=base)
    return config


def raise_faults(
    faults: Sequence[Fault], *, sources: Sequence[str | Path] = (), base: str | Path = "."
) -> None:
    """Raise with file, line and key of each fault, if there are any.

    Parameters
    ----------
    faults
        What is wrong with a configuration.
    sources, base
        As for `check_config`.

    Raises
    ------
    ConfigurationError
        With a line for each fault.
    """
    if faults:
        files = _read_sources(sources, Path(base))
        raise ConfigurationError(
            listed([fault.at(f"{_place(fault, files)}: {as_text(fault.keys)}") for fault in faults])
        )


def _read_sources(sources: Sequence[str | Path], base: Path) -> list[YamlFile]:
    """Return the files with their line numbers; raise if a file is not YAML."""
    files, problems = [], []
    for path in sources:
        try:
            files.append(read_yaml(path, _name(Path(path), base)))
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ConfigurationError(listed(problems))
    return files


def _name(path: Path, base: Path) -> str:
    """Return the path for messages, relative to the working directory if it is inside."""
    base = base.resolve()
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)


def _unusable_parts(value: object, keys: Keys) -> Iterator[Fault]:
    """Yield keys that cannot be names (YAML reads ``no`` as false) and numbers too large to print."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if not isinstance(key, str):
                yield Fault((*keys, key), "a key that is text (put it in quotes)", shown(key))
            elif len(key) > LONGEST_NAME or not key.isprintable():
                yield Fault((*keys, key), f"a key of at most {LONGEST_NAME} letters and signs", shown(key))
            yield from _unusable_parts(part, (*keys, key))
    elif isinstance(value, list):
        for position, part in enumerate(value):
            yield from _unusable_parts(part, (*keys, position))
    elif isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        yield Fault(keys, f"a whole number of at most {LARGEST_INTEGER}", quoted(value), value)


def _checked(config: Mapping, schemas: Path, base: Path) -> tuple[dict, list[Fault]]:
    """Return the completed configuration and its faults; rules that need a faulty key are skipped."""
    schema = _load(schemas / f"config{SUFFIX}")
    faults = faults_of(config, schema)
    for key, check in (("finders", _checked_finders), ("classifiers", _checked_classifiers)):
        if key in config and not any(fault.keys[:1] == (key,) for fault in faults):
            ready, more = check(config[key], schemas)
            config, faults = {**config, key: ready}, faults + more
    wrong = {fault.keys[0] for fault in faults}
    sound = completed({key: part for key, part in config.items() if key not in wrong}, schema)
    for key, rule in RULES.items():
        if key not in wrong:
            faults += rule(sound, base)
    return sound, faults


@functools.cache
def _load(path: Path) -> dict:
    """Return a schema; cached, as several finders may share it."""
    return yaml.safe_load(path.read_text())


def _checked_finders(finders: Mapping, schemas: Path) -> tuple[dict, list[Fault]]:
    """Return the completed finders and their faults."""
    return _checked_by_kind(finders, schemas / "finders", ("finders",))


def _checked_classifiers(classifiers: Mapping, schemas: Path) -> tuple[dict, list[Fault]]:
    """Return the classifiers with completed data sets and networks, and their faults."""
    at = ("classifiers",)
    datasets, networks = (classifiers.get(key, {}) for key in ("datasets", "networks"))
    ready, faults = _checked_by_kind(datasets, schemas / "datasets", (*at, "datasets"))
    described = {name: _load(schemas / f"network{SUFFIX}") for name in networks}
    built, more = _completed_by(described, networks, (*at, "networks"))
    return {**classifiers, "datasets": ready, "networks": built}, faults + more


def _checked_by_kind(items: Mapping, folder: Path, at: Keys) -> tuple[dict, list[Fault]]:
    """Return items completed by the schemas of their kinds, and their faults."""
    kinds = {path.name.removesuffix(SUFFIX): path for path in sorted(folder.glob(f"*{SUFFIX}"))}
    schemas, faults = {}, []
    for name, options in items.items():
        kind = options.get("kind", NOTHING)
        if isinstance(kind, str) and kind in kinds:
            schemas[name] = _load(kinds[kind])
        else:
            received = f"{shown(kind)}{closest(kind, kinds)}"
            expected = f"one of {', '.join(kinds)}"
            faults.append(Fault((*at, name, "kind"), expected, received, options.get("kind")))
    ready, more = _completed_by(schemas, items, at)
    return ready, faults + more


def _completed_by(schemas: Mapping[str, dict], items: Mapping, at: Keys) -> tuple[dict, list[Fault]]:
    """Return the items that have a schema, completed if valid, and their faults."""
    ready, faults = {}, []
    for name, schema in schemas.items():
        found = faults_of(items[name], schema, (*at, name))
        faults += found or _threshold_faults(items[name], schema, (*at, name))
        ready[name] = items[name] if found else completed(items[name], schema)
    return ready, faults


def _threshold_faults(options: Mapping, schema: Mapping, at: Keys) -> list[Fault]:
    """Return a fault if thresh_isl exceeds thresh_pix, which PyBDSF does not notice."""
    left_out = {key: part.get("program_default") for key, part in schema["properties"].items()}
    peak, edge = (options.get(key, left_out.get(key)) for key in ("thresh_pix", "thresh_isl"))
    if peak is None or edge is None or edge <= peak:
        return []
    if "thresh_isl" in options:
        return [Fault((*at, "thresh_isl"), f"at most thresh_pix ({peak})", shown(edge), edge)]
    return [Fault((*at, "thresh_pix"), f"at least thresh_isl ({edge} if not given)", shown(peak), peak)]


def _sheet_rule(config: Mapping, base: Path) -> Iterator[Fault]:
    """Yield a fault if the sheet is not a file."""
    sheet = config["mosaics"]
    trouble = file_trouble(base / sheet)
    if trouble:
        received = f"{shown(sheet)} ({trouble}; paths start from {base.resolve()})"
        expected = "the path of your mosaic sheet, one row a mosaic (config/README.md tells its columns)"
        yield Fault(("mosaics",), expected, received, sheet)


def _find_with_rule(config: Mapping, _base: Path) -> Iterator[Fault]:
    """Yield a fault for each finder in ``find_with`` that is not in ``finders``."""
    known = config.get("finders")
    for position, name in enumerate(config["find_with"]):
        if known is not None and name not in known:
            hint = closest(name, known)
            yield Fault(("find_with", position), f"one of {', '.join(known)}", f"{shown(name)}{hint}", name)


def _finders_rule(config: Mapping, base: Path) -> Iterator[Fault]:
    """Yield the faults in the models and the combined parts of the finders that run."""
    for name in config.get("find_with", ()):
        settings = config["finders"].get(name, {})
        if settings.get("model"):
            yield from frozen_faults(name, config, base)
        if settings.get("start_from"):
            yield from start_faults(name, config, base)
        if settings.get("kind") == "combined":
            yield from _part_faults(settings["of"], ("finders", name, "of"), config)


def _part_faults(parts: Sequence[str], keys: Keys, config: Mapping) -> Iterator[Fault]:
    """Yield a fault for each part of a combined finder that does not run or is itself combined."""
    kinds = {name: settings["kind"] for name, settings in config["finders"].items()}
    usable = [name for name in config["find_with"] if kinds.get(name) not in (None, "combined")]
    for position, name in enumerate(parts):
        if name not in usable:
            expected = f"a finder of find_with that is not itself combined: {', '.join(usable) or 'none'}"
            yield Fault((*keys, position), expected, f"{shown(name)}{closest(name, usable)}", name)


RULES = {
    "mosaics": _sheet_rule,
    "tiling": tiling_rule,
    "noise": noise_rule,
    "find_with": _find_with_rule,
    "finders": _finders_rule,
    "classifiers": classifier_faults,
    "injections": injection_faults,
}
"""Rules to check beyond the schema, for each key that is valid by itself."""


def _place(fault: Fault, files: Sequence[YamlFile]) -> str:
    """Return the file and line of a faulty value."""
    for file in reversed(files):
        line = file.line_of(fault.keys)
        if line is not None:
            merged = fault.value is None or isinstance(fault.value, Mapping)
            same = merged or quoted(file.value_of(fault.keys)) == quoted(fault.value)
            return f"{file.name}, line {line}" if same else ELSEWHERE
    if fault.received != NOTHING:
        return ELSEWHERE
    return next(_parents(fault, files), files[-1].name if files else ELSEWHERE)


def _parents(fault: Fault, files: Sequence[YamlFile]) -> Iterator[str]:
    """Yield the file and line of each mapping in which a key is missing, the closest first."""
    for depth in range(len(fault.keys) - 1, 0, -1):
        for file in reversed(files):
            line = file.line_of(fault.keys[:depth])
            if line is not None:
                yield f"{file.name}, line {line}"
