"""Check the rules between the keys of classifiers; the schemas define the values of single keys."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from radiofind.errors import closest, quoted, shown
from radiofind.workflow.config.messages import Fault, Keys
from radiofind.workflow.config.paths import model_faults, path_faults
from radiofind.workflow.config.schemas import NOTHING

KEY = "classifiers"
BETWEEN = "/"
"""Separator of data set and network in ``train_with``."""
FETCHED = "imagenet"
"""Values of ``weights`` that are not files."""
WITHOUT_PAPER = ("default",)
"""Architectures without a publication, and so without the recipe ``paper``."""
BEAM_PIXELS = (2, 100)
"""Smallest and largest beam of a simulated data set, as in `galaxy_settings`, which needs libraries that may
be missing where the configuration is checked."""
LEAST_BEAMS = 75 / 7
"""Minimum side of its cutouts in beams, as in `galaxy_settings`."""


def classifier_faults(config: Mapping, base: Path) -> Iterator[Fault]:
    """Yield the faults in the data sets and networks used, and in the classification of sources.

    Parameters
    ----------
    config
        The completed configuration; ``finders`` and ``find_with`` are missing if they are faulty.
    base
        Folder from which relative paths start.
    """
    part = config[KEY]
    for position, entry in enumerate(part["train_with"]):
        yield from _entry_faults(entry, (KEY, "train_with", position), part)
    pairs = [entry.split(BETWEEN) for entry in part["train_with"] if entry.count(BETWEEN) == 1]
    for name in dict.fromkeys(dataset for dataset, _ in pairs if dataset in part["datasets"]):
        yield from _dataset_faults(part["datasets"][name], (KEY, "datasets", name), config, base)
    for name in dict.fromkeys(network for _, network in pairs if network in part["networks"]):
        yield from _network_faults(part["networks"][name], (KEY, "networks", name), base)
    if part["classify_sources"] and part["classify_sources"]["by"] == "network":
        yield from _applied_faults(part, base)


def _entry_faults(entry: str, keys: Keys, part: Mapping) -> Iterator[Fault]:
    """Yield the faults in an entry of ``train_with``."""
    dataset, *rest = entry.split(BETWEEN)
    if len(rest) != 1:
        yield Fault(keys, "a data set and a network as data set/network", shown(entry), entry)
        return
    (network,) = rest
    for name, kind in ((dataset, "datasets"), (network, "networks")):
        if name not in part[kind]:
            expected = f"one of {KEY}.{kind} ({_names(part[kind])})"
            received = f"{shown(name)}{closest(name, part[kind])} in {shown(entry)}"
            yield Fault(keys, expected, received, entry)
    if part["networks"].get(network, {}).get("model"):
        yield Fault(keys, f"a network that is trained ({network} has a model)", shown(entry), entry)


def _dataset_faults(settings: Mapping, keys: Keys, config: Mapping, base: Path) -> Iterator[Fault]:
    """Yield the faults in a data set."""
    validation, test = settings["validation_fraction"], settings["test_fraction"]
    if validation + test >= 1:
        expected = f"less than 1 together with test_fraction ({test})"
        yield Fault((*keys, "validation_fraction"), expected, shown(validation), validation)
    if settings["kind"] == "file":
        yield from path_faults(settings["path"], (*keys, "path"), base)
    if settings["kind"] == "simulated":
        yield from _simulated_faults(settings, keys)
    if settings["kind"] in ("components", "morphology") and {"finders", "find_with"} <= config.keys():
        yield from _finder_faults(settings, (*keys, "finder"), config)


def _simulated_faults(settings: Mapping, keys: Keys) -> Iterator[Fault]:
    """Yield the faults in the settings of a simulated data set."""
    faintest, brightest = settings["snr"]
    if faintest > brightest:
        received = quoted(settings["snr"])
        yield Fault((*keys, "snr"), "the smaller number first", received, settings["snr"])
    beam, pixel, size = (settings[key] for key in ("beam_arcsec", "pixel_arcsec", "size_pixels"))
    axes = [axis / pixel for axis in (beam[:2] if isinstance(beam, list) else (beam, beam))]
    least, most = BEAM_PIXELS
    if not least <= min(axes) <= max(axes) <= most:
        expected = f"{least} to {most} pixels of pixel_arcsec ({pixel})"
        yield Fault((*keys, "beam_arcsec"), expected, quoted(beam), beam)
    elif size < (needed := LEAST_BEAMS * math.sqrt(axes[0] * axes[1])):
        expected = f"at least {LEAST_BEAMS:.1f} beams ({math.ceil(needed)} pixels)"
        yield Fault((*keys, "size_pixels"), expected, shown(size), size)


def _finder_faults(settings: Mapping, keys: Keys, config: Mapping) -> Iterator[Fault]:
    """Yield a fault for a finder that does not run, or fits no Gaussians although they are counted."""
    kinds = {
        name: config["finders"][name]["kind"] for name in config["find_with"] if name in config["finders"]
    }
    fitting = [name for name, kind in kinds.items() if kind == "pybdsf" or settings["kind"] == "morphology"]
    name = settings["finder"]
    if name not in fitting:
        of_kind = " of kind pybdsf" if settings["kind"] == "components" else ""
        expected = f"a finder of find_with{of_kind}: {_names(fitting)}"
        yield Fault(keys, expected, f"{shown(name)}{closest(name, fitting)}", name)


def _network_faults(settings: Mapping, keys: Keys, base: Path) -> Iterator[Fault]:
    """Yield the faults in a network that is trained."""
    architecture = settings["architecture"]
    if settings["folds"] == 1:
        yield Fault((*keys, "folds"), "2 or more, or 0 for none", shown(1), 1)
    if settings["recipe"] == "paper" and architecture in WITHOUT_PAPER:
        expected = f"default, as no publication describes the architecture {architecture}"
        yield Fault((*keys, "recipe"), expected, "paper", "paper")
    for key, owner, none in (("variant", "capsnet", "default"), ("weights", "transfer", None)):
        if settings[key] != none and architecture != owner:
            expected = f"{none or 'null'}, as only {owner} has others (the architecture is {architecture})"
            yield Fault((*keys, key), expected, shown(settings[key]), settings[key])
        elif key == "weights" and settings[key] not in (None, FETCHED):
            yield from path_faults(settings[key], (*keys, key), base)


def _applied_faults(part: Mapping, base: Path) -> Iterator[Fault]:
    """Yield the faults in the network that classifies sources."""
    chosen, keys = part["classify_sources"], (KEY, "classify_sources")
    dataset, network = chosen["dataset"], chosen["network"]
    if network not in part["networks"]:
        expected = f"one of {KEY}.networks ({_names(part['networks'])})"
        received = NOTHING if network is None else f"{shown(network)}{closest(network, part['networks'])}"
        yield Fault((*keys, "network"), expected, received, network)
    elif model := part["networks"][network]["model"]:
        yield from model_faults(model, ".keras", (KEY, "networks", network, "model"), base)
    elif f"{dataset}{BETWEEN}{network}" not in part["train_with"]:
        trained = [entry.split(BETWEEN)[0] for entry in part["train_with"] if entry.endswith(f"/{network}")]
        expected = f"a data set with which train_with trains {network}: {_names(trained)}"
        received = NOTHING if dataset is None else f"{shown(dataset)}{closest(dataset, trained)}"
        yield Fault((*keys, "dataset"), expected, received, dataset)


def _names(names: Mapping | list) -> str:
    """Return names as a list for a message."""
    return ", ".join(names) or "none"
