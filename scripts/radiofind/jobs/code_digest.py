"""Digest the code of a rule, its script and the modules that it imports, so that changed code reruns it."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
SCRIPTS = PACKAGE.parent
USED_BY = {
    "finders/pybdsf.py": ("finders/pybdsf_process.py",),
    "report/page.py": (
        "report/templates/report.html.j2",
        "report/templates/survey.html.j2",
        "report/templates/completeness.html.j2",
        "report/templates/classifiers.html.j2",
        "report/templates/report.css",
    ),
}
"""Files that a module uses without importing them."""
BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")
"""Attributes of a statement that hold further ones."""


@cache
def digest_of(script: str) -> str:
    """Return a digest of a script and of the modules of the package that it imports, directly or not.

    Parameters
    ----------
    script
        Name of the script without its suffix, for example ``merge_detections``.
    """
    digest = hashlib.sha256((SCRIPTS / f"{script}.py").read_bytes())
    for name in sorted(modules_of(script)):
        digest.update(name.encode() + (PACKAGE / name).read_bytes())
    return digest.hexdigest()[:16]


def modules_of(script: str) -> set[str]:
    """Return the files of the package that a script uses, directly or through other modules.

    Parameters
    ----------
    script
        As for `digest_of`.

    Returns
    -------
    set of str
        Paths relative to the package, for example ``mosaics/noise.py``.
    """
    found: set[str] = set()
    waiting = set(_imports(SCRIPTS / f"{script}.py"))
    while waiting:
        name = waiting.pop()
        found.add(name)
        further = _imports(PACKAGE / name) if name.endswith(".py") else frozenset()
        waiting |= (further | set(USED_BY.get(name, ()))) - found
    return found


@cache
def _imports(path: Path) -> frozenset[str]:
    """Return the modules of the package that a file imports."""
    names: set[str] = set()
    for node in _statements(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # An imported name may be a module of a room, or something in a module.
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    ours = (name.split(".")[1:] for name in names if name.startswith(f"{PACKAGE.name}."))
    files = ("/".join(parts) + ".py" for parts in ours)
    return frozenset(file for file in files if (PACKAGE / file).is_file())


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements in a module or in a statement; an expression, where most nodes are, has none."""
    for part in BLOCKS:
        for inner in getattr(node, part, ()):
            yield inner
            yield from _statements(inner)
