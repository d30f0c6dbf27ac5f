"""Give the workflow a disk that is full, or one that cannot be written to."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, partial
from pathlib import Path


@cache
def can_mount() -> bool:
    """Return whether this process may mount file systems."""
    with tempfile.TemporaryDirectory() as place:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "none", place], capture_output=True, check=False)
        if mounted.returncode == 0:
            subprocess.run(["umount", place], check=True)
    return mounted.returncode == 0


def disk_at(name: str, options: str) -> Callable[[Path], AbstractContextManager]:
    """Return what puts an empty disk in the place of a folder of the survey."""
    return partial(_mounted, name=name, options=options)


@contextmanager
def _mounted(copy: Path, *, name: str, options: str) -> Iterator[None]:
    """Put an empty disk in the place of a folder as long as the block lasts."""
    with _mount(copy / name, options):
        yield


@contextmanager
def nearly_full(copy: Path, *, free_kb: int = 64) -> Iterator[None]:
    """Move a survey to a disk of its own that has hardly any space left, as long as the block lasts."""
    size = sum(path.stat().st_blocks * 512 for path in copy.rglob("*") if not path.is_symlink())
    aside = copy.with_name("aside")
    copy.rename(aside)
    copy.mkdir()
    with _mount(copy, f"size={2 * size}"):
        shutil.copytree(aside, copy, symlinks=True, dirs_exist_ok=True)
        size_kb = shutil.disk_usage(copy).used // 1024 + free_kb
        subprocess.run(["mount", "-o", f"remount,size={size_kb}k", str(copy)], check=True)
        try:
            yield
        finally:
            shutil.rmtree(aside)
            shutil.copytree(copy, aside, symlinks=True)
    copy.rmdir()
    aside.rename(copy)


@contextmanager
def _mount(folder: Path, options: str) -> Iterator[None]:
    """Mount a disk in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
