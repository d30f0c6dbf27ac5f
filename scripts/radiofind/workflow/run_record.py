"""Record the provenance of results at the end of a run: digests of inputs and results, and their jobs."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from radiofind import files
from radiofind.jobs import job_log
from radiofind.jobs.job_log import utc
from radiofind.mosaics.blocks import PATTERN as BLOCK
from radiofind.mosaics.blocks import tiles_in
from radiofind.workflow.inventory import (
    Entry,
    Record,
    describe,
    digest_of_files,
    files_in,
    files_of,
    read_record,
)

logger = logging.getLogger(__name__)

PROJECT = Path(__file__).parents[3] / "pyproject.toml"
TILE_FILE = "results/{mosaic}/tiles/{tile}.json"
"""File that the checkpoint writes for each live tile, not declared as its output."""
JOB = ("started", "host", "log")
OF_BLOCKS = ("mosaic", "finder", "block")
"""Wildcards of what is found in a block."""
STARTED = re.compile(rf"INFO {re.escape(job_log.__name__)}: started (\S+) on (\S+)")
WROTE = re.compile(rf"INFO {re.escape(files.__name__)}: wrote (.+)")
"""Log lines written by `job_log.log_to` and `files.whole_or_absent`."""


@dataclass(frozen=True)
class Scope:
    """The outputs of a run, to separate its files from leftovers of earlier runs."""

    patterns: Sequence[str]
    """Output paths of its rules, with wildcards such as ``{mosaic}``."""
    names: Mapping[str, Collection[str]]
    """Values of all wildcards but ``tile`` and ``block``: a tile belongs to the run if it has a tile file.
    Wildcards that only occur in combination share a key, with names and values separated by blanks."""
    tiles_per_job: Mapping[str, int]
    """Tiles in a block, by finder."""
    left_out: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Tiles by mosaic that have their tile files and are not searched."""


def record_inventory(
    given: Iterable[str],
    *,
    scope: Scope,
    configuration: Mapping[str, object],
    known: Mapping[str, object],
    threads: int = 1,
) -> Record:
    """Return the record of all inputs and results in the working directory.

    Parameters
    ----------
    given
        Files provided by the user.
    scope
        The outputs of the run.
    configuration
        The checked configuration; its digest is recorded.
    known
        The previous record, or nothing. A file not written since keeps its digest, so that large files are
        read once, and later damage is not recorded as a result.
    threads
        Number of files read in parallel.

    Returns
    -------
    dict
        ``radiofind`` (version), ``recorded`` (when), ``configuration_sha256``, ``outputs_sha256`` (as
        `inventory.digest_of_files`) and, by path, ``inputs``, ``outputs`` and ``leftover``. Entries of the
        latter two have the time their job ``started``, its ``host`` and ``log``, or null if the log is lost.

    Raises
    ------
    OSError
        When a result cannot be read. An input that cannot be read is recorded as ``unreadable``.
    """
    made, earlier = files_in(Path()), files_of(known)
    ours, jobs = files_of_run(made, scope), jobs_in(Path("logs"))
    inputs = sorted(set(given) - ours)
    left = sorted(set(made) - ours - set(inputs))
    with ThreadPoolExecutor(threads) as pool:
        paths = [*sorted(ours), *inputs, *left]
        found = pool.map(lambda path: describe(path, known=earlier.get(path)), paths)
        entries = dict(zip(paths, found, strict=True))
    for path in made:
        if "unreadable" in entries[path]:
            raise OSError(f"{path}: cannot read this result: {entries[path]['unreadable']}")
    told = {path: entries[path] | _job_of(path, entries[path], jobs, earlier) for path in made}
    outputs = {path: told[path] for path in sorted(ours)}
    text = json.dumps(configuration, sort_keys=True, default=str)
    logger.info("%d inputs, %d outputs, %d left over", len(inputs), len(ours), len(left))
    return {
        "radiofind": tomllib.loads(PROJECT.read_text())["project"]["version"],
        "recorded": utc(time.time()),
        "configuration_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "outputs_sha256": digest_of_files(outputs),
        "inputs": {path: entries[path] for path in inputs},
        "outputs": outputs,
        # With their jobs, because leftovers of an unreadable mosaic become outputs again once it can be read.
        "leftover": {path: told[path] for path in left},
    }


def earlier_record(path: str | Path) -> Record:
    """Return the record of the previous run; empty if there is none, or it is damaged."""
    try:
        return read_record(path)
    except ValueError as error:
        logger.info("reading all files, because there is no previous record: %s", error)
        return {}


def files_of_run(paths: Collection[str], scope: Scope) -> set[str]:
    """Return the files in a results folder that belong to a run.

    Parameters
    ----------
    paths
        All files in the folder.
    scope
        The outputs of the run.
    """
    everything = set(paths)
    left_out = {
        TILE_FILE.format(mosaic=mosaic, tile=tile)
        for mosaic, tiles in scope.left_out.items()
        for tile in tiles
    }
    searched = everything - left_out
    escaped = [re.escape(pattern) for pattern in (*scope.patterns, TILE_FILE)]
    # An output may be a folder, of which all files belong to the run.
    expressions = [re.compile(re.sub(r"\\{(\w+)\\}", _group, pattern) + "(/.+)?") for pattern in escaped]

    def has_tile(mosaic: str, tile: str) -> bool:
        """Return whether a tile belongs to the run."""
        return TILE_FILE.format(mosaic=mosaic, tile=tile) in searched

    def has_block(mosaic: str, finder: str, block: str) -> bool:
        """Return whether a block belongs to the run: it has tiles of the run and its finder's block size."""
        inside, size = tiles_in(block), scope.tiles_per_job.get(finder, 0)
        return len(inside) == size and any(has_tile(mosaic, tile) for tile in inside)

    def has(wildcards: dict[str, str]) -> bool:
        """Return whether all wildcard values of a path belong to the run."""
        if "block" in wildcards and not has_block(*(wildcards[name] for name in OF_BLOCKS)):
            return False
        if "tile" in wildcards and not has_tile(wildcards["mosaic"], wildcards["tile"]):
            return False
        named = ((key.split(), values) for key, values in scope.names.items())
        return all(
            " ".join(wildcards[name] for name in names) in values
            for names, values in named
            if wildcards.keys() >= set(names)
        )

    matches = ((path, one.fullmatch(path)) for path in everything for one in expressions)
    return {path for path, match in matches if match and has(match.groupdict())} | (left_out & everything)


def _group(wildcard: re.Match) -> str:
    """Return the regular expression for the values of a wildcard."""
    return f"(?P<{wildcard[1]}>{BLOCK if wildcard[1] == 'block' else '[^/]+'})"


def jobs_in(folder: Path) -> dict[str, Entry]:
    """Return the last job that wrote each output (``started``, ``host``, ``log``), read from the logs.

    Parameters
    ----------
    folder
        The folder of the logs.
    """
    jobs: dict[str, Entry] = {}
    for log in filter(Path.is_file, folder.rglob("*.log")):
        text = log.read_text(errors="replace")
        if started := STARTED.search(text):
            job = {"started": started[1], "host": started[2], "log": log.as_posix()}
            wrote = [path for path in WROTE.findall(text) if jobs.get(path, job)["started"] <= job["started"]]
            jobs |= dict.fromkeys(wrote, job)
    return jobs


def _job_of(path: str, entry: Entry, jobs: Mapping[str, Entry], earlier: Mapping[str, Entry]) -> Entry:
    """Return the job that wrote an output, from its log or else from the previous record of the same file."""
    before = earlier.get(path, {})
    same = before.get("sha256") == entry["sha256"]
    return jobs.get(path) or {key: before.get(key) if same else None for key in JOB}
