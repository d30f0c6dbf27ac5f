"""Tell when the code of a rule has changed: a digest of its script and of the modules that it uses."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
SCRIPTS = PACKAGE.parent
RUN_BY_PATH = {"pybdsf": ("run_pybdsf",)}
"""Modules that are started as programs, which no import shows."""


@cache
def digest_of(script: str) -> str:
    """Return a digest of a script and of the modules of the package that it imports, however far.

    Parameters
    ----------
    script
        Name of the script without its suffix, as ``merge_detections``.
    """
    modules = _modules_of(SCRIPTS / f"{script}.py")
    digest = hashlib.sha256((SCRIPTS / f"{script}.py").read_bytes())
    for module in sorted(modules):
        digest.update((PACKAGE / f"{module}.py").read_bytes())
    return digest.hexdigest()[:16]


def _modules_of(path: Path) -> set[str]:
    """Return the names of the modules that a file uses, directly or through others."""
    found: set[str] = set()
    waiting = set(_imports(path))
    while waiting:
        module = waiting.pop()
        found.add(module)
        waiting |= (_imports(PACKAGE / f"{module}.py") | set(RUN_BY_PATH.get(module, ()))) - found
    return found


@cache
def _imports(path: Path) -> frozenset[str]:
    """Return the modules of the package that a file imports."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    return frozenset(
        node.module.removeprefix("radiofind.")
        for node in nodes
        if (node.module or "").startswith("radiofind.")
    )
