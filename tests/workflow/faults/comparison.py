"""Compare a folder of results with another, and find what should not have been left there."""

from __future__ import annotations

import json
from pathlib import Path

INVENTORY = "provenance.json"
"""Tells times and hosts, which differ."""
OF_A_RUN = ("recorded", "written", "started", "host")
LEFT_OVER = (".attempts", ".damaged", ".unfinished")


def compare(results: Path, expected: Path, *, set_aside: tuple[str, ...] = ()) -> tuple[int, list[str]]:
    """Return how many files were compared, and in what two folders of results differ.

    Files that were set aside must be in the first and are not compared.
    """
    ours, theirs = _files(results), _files(expected)
    problems = [f"{name} was not kept" for name in set_aside if name not in ours]
    ours -= set(set_aside)
    problems += [f"{name} is missing" for name in sorted(theirs - ours)]
    problems += [f"{name} was left over" for name in sorted(ours - theirs)]
    both = sorted(ours & theirs)
    problems += [f"{name} differs" for name in both if not _same(results / name, expected / name)]
    return len(both), problems


def _files(folder: Path) -> set[str]:
    """Return the names of all files in a folder, and of folders that are left over."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if not path.is_dir() or path.name.endswith(LEFT_OVER)
    }


def _same(one: Path, other: Path) -> bool:
    """Return whether two files hold the same."""
    if one.name == INVENTORY:
        return _without_run(json.loads(one.read_text())) == _without_run(json.loads(other.read_text()))
    return one.read_bytes() == other.read_bytes()


def _without_run(content: object) -> object:
    """Return what JSON holds without what tells of one run."""
    if isinstance(content, dict):
        return {key: _without_run(value) for key, value in content.items() if key not in OF_A_RUN}
    return [_without_run(value) for value in content] if isinstance(content, list) else content
