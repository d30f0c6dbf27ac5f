"""Check the paths in a configuration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from radiofind.errors import shown
from radiofind.given_files import file_trouble, path_trouble
from radiofind.workflow.config.messages import Fault, Keys


def path_faults(path: str, keys: Keys, base: Path) -> Iterator[Fault]:
    """Yield a fault for a path that is not a usable input file.

    Parameters
    ----------
    path
        As in the configuration.
    keys
        Its keys.
    base
        Folder from which relative paths start.
    """
    if trouble := path_trouble(path, base):
        received = f"{shown(path)} ({trouble}; paths start from {base.resolve()})"
        yield Fault(keys, "the path of a file", received, path)


def model_faults(model: str, suffix: str, keys: Keys, base: Path) -> Iterator[Fault]:
    """Yield a fault for a model that is not a file of the right kind, or has no record next to it.

    Parameters
    ----------
    model
        Its path as in the configuration.
    suffix
        The suffix of its kind.
    keys, base
        As for `path_faults`.
    """
    if Path(model).suffix != suffix:
        yield Fault(keys, f"the path of a file that ends in {suffix}", shown(model), model)
        return
    faults = list(path_faults(model, keys, base))
    yield from faults
    if not faults and (trouble := file_trouble(base / (beside := Path(model).with_suffix(".json")))):
        received = f"{shown(str(beside))} ({trouble})"
        yield Fault(keys, "its record in the same folder", received, model)
