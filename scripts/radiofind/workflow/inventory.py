"""List the files of a results folder, and compare them with the record made at the end of a run.

``python -m radiofind.workflow.inventory`` (``make verify``) compares a folder with its record.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import stat
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from radiofind.errors import shown
from radiofind.given_files import file_trouble
from radiofind.jobs.job_log import utc

RESULTS = "results"
RECORD = "results/provenance.json"
PARTS = ("inputs", "outputs", "leftover")
"""Keys of a record that contain files."""
PASSING_FOLDER = re.compile(r"\..*|.*\.keras\.unfinished")
PASSING_FILE = re.compile(r"\..*|.*\.(attempts|damaged|kept|quarantined)")
"""Names that are not results: temporary, unfinished or damaged files, and files kept for the next job."""

Entry = dict[str, object]
"""Entry of a file: ``sha256``, ``bytes`` and ``written`` (time), or why it is ``unreadable``."""
Record = dict[str, object]
"""The record that `run_record.record_inventory` returns."""


@dataclass(frozen=True)
class Difference:
    """A file that differs from its record."""

    path: str
    """Its path."""
    what: str
    """The difference, in words."""


def files_in(folder: Path) -> list[str]:
    """Return the paths ``results/...`` of all results in a folder, except the record itself."""
    found = []
    for place, folders, names in os.walk(folder / RESULTS, followlinks=True):
        folders[:] = [name for name in folders if not PASSING_FOLDER.fullmatch(name)]
        found += [Path(place, name) for name in names if not PASSING_FILE.fullmatch(name)]
    return sorted({path.relative_to(folder).as_posix() for path in found if path.is_file()} - {RECORD})


def describe(path: str | Path, *, known: Entry | None = None, trusted: Sequence[str] = ("written",)) -> Entry:
    """Return the entry of a file: its digest, size and time, or why it cannot be read.

    Parameters
    ----------
    path
        The file.
    known
        An earlier entry; returned without reading the file, if it is still valid.
    trusted
        Which of ``written`` and ``bytes`` must be unchanged for that.
    """
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):
            return {"unreadable": "not a file"}
        found = {"bytes": status.st_size, "written": utc(status.st_mtime)}
        if known and all(known.get(key) == found[key] for key in trusted):
            return {key: known[key] for key in ("sha256", *found)}
        with Path(path).open("rb") as stream:
            return {"sha256": hashlib.file_digest(stream, "sha256").hexdigest(), **found}
    except OSError as error:
        return {"unreadable": error.strerror or str(error)}


def digest_of_files(entries: Mapping[str, Entry]) -> str:
    """Return the SHA-256 digest of the output of ``sha256sum`` for files sorted by path."""
    lines = "".join(f"{entries[path]['sha256']}  {path}\n" for path in sorted(entries))
    return hashlib.sha256(os.fsencode(lines)).hexdigest()


def files_of(record: Mapping[str, object]) -> dict[str, Entry]:
    """Return the entries of all files in a record, by path."""
    return {path: entry for part in PARTS for path, entry in record.get(part, {}).items()}


def read_record(path: str | Path) -> Record:
    """Return a record.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ValueError
        If it is missing or damaged.
    """
    broken = f"{path}: cannot read the record that a run writes at its end:"
    if trouble := file_trouble(Path(path)):
        raise ValueError(f"{broken} {trouble}")
    try:
        record = json.loads(Path(path).read_text())
        _check(record)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{broken} it is damaged ({type(error).__name__}: {shown(str(error))})") from error
    return record


def differences(record: Record, folder: Path, *, quick: bool = False, threads: int = 1) -> list[Difference]:
    """Return the files that differ from the record, sorted by path.

    Parameters
    ----------
    record
        From `read_record`.
    folder
        The folder with ``results``; relative paths of inputs start there.
    quick
        Whether to read only files whose size or time has changed.
    threads
        Number of files read in parallel.
    """
    inputs, outputs, leftover = (record[part] for part in PARTS)
    present = set(files_in(folder))
    compared = inputs | {path: entry for path, entry in (leftover | outputs).items() if path in present}
    with ThreadPoolExecutor(threads) as pool:
        told = pool.map(partial(_compare, folder, quick), compared, compared.values())
    found = {path: what for path, what in zip(compared, told, strict=True) if what}
    found |= {path: f"input {what}" for path, what in found.items() if path in inputs}
    found |= dict.fromkeys(outputs.keys() - present, "missing")
    found |= dict.fromkeys(present - files_of(record).keys(), "not listed")
    return [Difference(path, found[path]) for path in sorted(found)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print how a folder differs from its record; return 0 if it does not differ, 1 if it does."""
    parser = argparse.ArgumentParser(
        prog="python -m radiofind.workflow.inventory",
        description="Compare a results folder with the record in it.",
    )
    parser.add_argument("folder", nargs="?", default=".", type=Path, help="the folder that holds results/")
    parser.add_argument("--quick", action="store_true", help="read only the files whose size or time differs")
    options = parser.parse_args(arguments)
    try:
        record = read_record(options.folder / RECORD)
    except ValueError as error:
        parser.exit(2, f"{error}\n")
    found = differences(record, options.folder, quick=options.quick, threads=os.cpu_count() or 1)
    left_over = [Difference(path, "left over") for path in sorted(record["leftover"])]
    for one in (*found, *left_over):
        print(f"{one.what:16}  {one.path if one.path.isprintable() else ascii(one.path)}")
    n_files = len(record["inputs"]) + len(record["outputs"])
    verdict = f"recorded on {record['recorded']}, {len(found)} differences"
    print(f"{n_files} files {verdict}" if found else f"{n_files} files, as recorded on {record['recorded']}")
    return int(bool(found))


def _check(record: Record) -> None:
    """Raise if a part of a record is missing, or its outputs do not match their digest."""
    datetime.fromisoformat(record["recorded"])
    for part in PARTS:
        for entry in record[part].values():
            entry.items()
    expected, received = record["outputs_sha256"][:12], digest_of_files(record["outputs"])[:12]
    if expected != received:
        raise ValueError(f"outputs have the digest {received}... instead of {expected}...")


def _compare(folder: Path, quick: bool, path: str, recorded: Entry) -> str:
    """Return in words how a file differs from its entry; empty if it does not."""
    now = describe(folder / path, known=recorded if quick else None, trusted=("bytes", "written"))
    if now.get("sha256") == recorded.get("sha256"):
        return ""
    return "unreadable" if "unreadable" in now else "changed"


if __name__ == "__main__":
    sys.exit(main())
