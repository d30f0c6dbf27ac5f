"""Damage files of a survey, and put them back."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd


def as_the_report_says(folder: Path) -> None:
    """Give the commands of the list of quarantined tiles."""
    for command in pd.read_csv(folder / "results/quarantine.csv")["command"]:
        subprocess.run(command, shell=True, cwd=folder, check=True)


def cut_short(name: str, *, keep_time: bool = False) -> Callable[[Path], None]:
    """Return what truncates a file; with its old time, as a crash of the machine may leave it."""

    def cut(path: Path) -> None:
        os.truncate(path, int(path.stat().st_size * 0.6))

    return _spoilt(name, _in_its_time(cut) if keep_time else cut)


def overwritten(name: str, *, keep_time: bool = False) -> Callable[[Path], None]:
    """Return what overwrites the beginning of a file; with its old time, as a failing disk may do."""

    def overwrite(path: Path) -> None:
        path.write_bytes(bytes(2880) + path.read_bytes()[2880:])

    return _spoilt(name, _in_its_time(overwrite) if keep_time else overwrite)


def _in_its_time(change: Callable[[Path], object]) -> Callable[[Path], None]:
    """Return what changes a file and leaves its time as it was."""

    def change_in_its_time(path: Path) -> None:
        times = path.stat()
        change(path)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    return change_in_its_time


def replaced(name: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    """Return what puts something else in the place of a file."""

    def replace(path: Path) -> None:
        path.unlink()
        make(path)

    return _spoilt(name, replace)


def _spoilt(name: str, spoil: Callable[[Path], object]) -> Callable[[Path], None]:
    """Return what spoils a file, of which a copy is kept."""

    def spoil_and_keep(folder: Path) -> None:
        kept = _kept(folder, name)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, kept)
        spoil(folder / name)

    return spoil_and_keep


def _kept(folder: Path, name: str) -> Path:
    """Return where the copy of a file that was spoilt is kept."""
    return folder.with_name("kept") / name


def copied_again(name: str) -> Callable[[Path], None]:
    """Return what puts a file back that was spoilt."""

    def copy(folder: Path) -> None:
        path = folder / name
        path.rmdir() if path.is_dir() else path.unlink()
        shutil.copyfile(_kept(folder, name), path)

    return copy
