"""Tell what a script of a job loads, and let a fork that has loaded more look as if it had not.

A job records the versions of the libraries that it has loaded. So that a fork records the same, those of its
own libraries that its script does not load are hidden from it, until something imports them.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

SCRIPTS = Path(__file__).parents[2] / "scripts"
FOLDER = "FOLDER_OF_LOADED"
"""Variable with the folder in which all workers of pytest-xdist keep what they have found."""


def loaded_by(program: str, *path: object) -> set[str]:
    """Return the modules that a program has loaded at its end."""
    program += "\nimport sys\nprint(*(name for name, module in sys.modules.items() if module))"
    environment = {"PYTHONPATH": ":".join(map(str, path))}
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.split())


def loaded_by_script(name: str) -> set[str]:
    """Return the modules that a script of a job loads when it is imported; found once for all tests."""
    kept = Path(os.environ[FOLDER]) / name
    if not kept.exists():
        unfinished = kept.with_suffix(f".{os.getpid()}")
        unfinished.write_text(" ".join(loaded_by(f"import {name}", SCRIPTS)))
        unfinished.replace(kept)
    return set(kept.read_text().split())


class Hidden(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Modules that are loaded, and come back when they are imported."""

    def __init__(self, names: set[str]):
        self._modules = {name: sys.modules.pop(name) for name in names & set(sys.modules)}

    def find_spec(self, fullname: str, path: object, target: object = None):
        """Return how a hidden module is imported."""
        if fullname in self._modules:
            return importlib.machinery.ModuleSpec(fullname, self)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the module, which Python gives the specification that it does not need."""
        module = self._modules.pop(spec.name)
        self._own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module as it was."""
        module.__spec__ = self._own


def hide_what_is_not_loaded_by(script: str, libraries: set[str]) -> None:
    """Hide the libraries that a script of a job does not load from this process."""
    sys.meta_path.insert(0, Hidden(libraries - loaded_by_script(script)))
