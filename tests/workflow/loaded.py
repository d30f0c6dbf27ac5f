"""Tell what a program loads, and let a fork that has loaded more look as if it had not.

A job records the versions of the libraries that it has loaded. So that a fork records the same, they are
hidden from it until its script imports them.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import subprocess
import sys
from pathlib import Path
from types import ModuleType

SCRIPTS = Path(__file__).parents[2] / "scripts"
OF_NETWORKS = {"numpy", "scipy", "pandas", "pyarrow", "h5py", "keras", "tensorflow"}
BRINGS = {
    "numpy": set(),
    "dask": set(),
    "scipy": {"numpy"},
    "astropy": {"numpy"},
    "bdsf": {"numpy", "scipy", "astropy"},
    "pyarrow": {"numpy"},
    "pandas": {"numpy", "pyarrow"},
    "h5py": {"numpy"},
    "sklearn": {"numpy", "scipy", "pandas", "pyarrow"},
    "keras": OF_NETWORKS,
    "tensorflow": OF_NETWORKS,
}
"""By library whose version a job records, those others that it loads itself."""


def loaded_by(program: str, *path: object) -> set[str]:
    """Return the modules that a program has loaded at its end."""
    program += "\nimport sys\nprint(*(name for name, module in sys.modules.items() if module))"
    environment = {"PYTHONPATH": ":".join(map(str, path))}
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.split())


class Hidden(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Libraries that are loaded, and come back when they are imported, with those that they bring."""

    def __init__(self):
        self._modules = {library: _taken_away(library) for library in BRINGS}

    def find_spec(self, fullname: str, path: object, target: object = None):
        """Return how a hidden library is imported."""
        if self._modules.get(fullname):
            return importlib.machinery.ModuleSpec(fullname, self)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the library, which Python gives the specification that it does not need."""
        for name in (spec.name, *BRINGS[spec.name]):
            sys.modules.update(self._modules.pop(name, {}))
        module = sys.modules[spec.name]
        self._own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module as it was."""
        module.__spec__ = self._own


def _taken_away(library: str) -> dict[str, ModuleType]:
    """Take a library out of those that are loaded, and return its modules by name."""
    names = [name for name in sys.modules if name.partition(".")[0] == library]
    return {name: sys.modules.pop(name) for name in names}


def hide_libraries() -> None:
    """Hide from this process the libraries whose versions a job records, until they are imported."""
    sys.meta_path.insert(0, Hidden())
