"""Tell when the code of a rule has changed: a digest of its script and of the modules that it uses."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
SCRIPTS = PACKAGE.parent
PREFIX = "radiofind."
USED_BY = {
    "pybdsf.py": ("run_pybdsf.py",),
    "report.py": ("templates/report.html.j2", "templates/classifiers.html.j2", "templates/report.css"),
}
"""Files that a module uses without importing them."""


@cache
def digest_of(script: str) -> str:
    """Return a digest of a script and of the modules of the package that it imports, however far.

    Parameters
    ----------
    script
        Name of the script without its suffix, as ``merge_detections``.
    """
    path = SCRIPTS / f"{script}.py"
    digest = hashlib.sha256(path.read_bytes())
    for name in sorted(_files_of(path)):
        digest.update(name.encode() + (PACKAGE / name).read_bytes())
    return digest.hexdigest()[:16]


def _files_of(path: Path) -> set[str]:
    """Return the files of the package that a script uses, directly or through others."""
    found: set[str] = set()
    waiting = set(_imports(path))
    while waiting:
        name = waiting.pop()
        found.add(name)
        further = _imports(PACKAGE / name) if name.endswith(".py") else frozenset()
        waiting |= (further | set(USED_BY.get(name, ()))) - found
    return found


@cache
def _imports(path: Path) -> frozenset[str]:
    """Return the files of the package that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_bytes())))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    whole = [alias.name for node in imports if node.module == "radiofind" for alias in node.names]
    parts = [name for name in (*named, *(node.module or "" for node in imports)) if name.startswith(PREFIX)]
    return frozenset(f"{name.removeprefix(PREFIX)}.py" for name in whole + parts)
