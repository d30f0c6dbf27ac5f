"""Record at the end of a run what its results are, what they were made from, and which jobs wrote them."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
"""What the checkpoint writes for each tile that is searched, without declaring it."""
JOB = ("started", "host", "log")
STARTED = re.compile(rf"INFO {re.escape(job_log.__name__)}: started (\S+) on (\S+)")
WROTE = re.compile(rf"INFO {re.escape(files.__name__)}: wrote (.+)")
"""What `job_log.log_to` and `files.whole_or_absent` say."""


@dataclass(frozen=True)
class Scope:
    """What a run makes, by which its own files are told from those that earlier runs left behind."""

    patterns: Sequence[str]
    """Paths of the outputs of its rules, with wildcards as ``{mosaic}``."""
    names: Mapping[str, Collection[str]]
    """Values of the wildcards but ``tile`` and ``block``: a tile is of the run while it has its tile file.
    Where those of several belong together, names and values stand in one text with blanks between."""
    tiles_per_job: Mapping[str, int]
    """Tiles in a block, by finder."""


def record_inventory(
    given: Iterable[str],
    *,
    scope: Scope,
    configuration: Mapping[str, object],
    known: Mapping[str, object],
    threads: int = 1,
) -> Record:
    """Return what the results in the working directory are and what they were made from.

    Parameters
    ----------
    given
        Files that the user gave.
    scope
        What the run makes.
    configuration
        The checked configuration, of which a digest is recorded.
    known
        The record before this one, or nothing. A file that was not written since keeps the digest that it
        had: large files are read once, and damage done meanwhile is not recorded as a result.
    threads
        How many files are read at a time.

    Returns
    -------
    dict
        ``radiofind`` (version), ``recorded`` (when), ``configuration_sha256``, ``outputs_sha256`` (as
        `inventory.digest_of_files`) and, by path, ``inputs``, ``outputs`` and ``leftover``. The latter
        two tell of the job that wrote them: when it ``started``, its ``host`` and ``log``, null where the log
        is lost.

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
            raise OSError(f"{path}: expected a file, received {entries[path]['unreadable']}")
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
        # With their jobs: those of a mosaic that cannot be read become outputs again when it can.
        "leftover": {path: told[path] for path in left},
    }


def earlier_record(path: str | Path) -> Record:
    """Return the record of the run before this one; nothing when there is none, or none that is whole."""
    try:
        return read_record(path)
    except ValueError as error:
        logger.info("all files are read: %s", error)
        return {}


def files_of_run(paths: Collection[str], scope: Scope) -> set[str]:
    """Return those among the files of a results folder that a run makes.

    Parameters
    ----------
    paths
        All files of the folder.
    scope
        What the run makes.
    """
    everything = set(paths)
    escaped = [re.escape(pattern) for pattern in (*scope.patterns, TILE_FILE)]
    expressions = [re.compile(re.sub(r"\\{(\w+)\\}", _group, pattern)) for pattern in escaped]

    def has_tile(mosaic: str, tile: str) -> bool:
        """Return whether a tile is of the run."""
        return TILE_FILE.format(mosaic=mosaic, tile=tile) in everything

    def has_block(mosaic: str, finder: str, block: str) -> bool:
        """Return whether a block is of the run: it has tiles, and is as large as those of its finder."""
        inside, size = tiles_in(block), scope.tiles_per_job.get(finder, 0)
        return len(inside) == size and any(has_tile(mosaic, tile) for tile in inside)

    def has(wildcards: dict[str, str]) -> bool:
        """Return whether mosaic, finder, tile and so on are of the run."""
        if "block" in wildcards and not has_block(**wildcards):
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
    return {path for path, match in matches if match and has(match.groupdict())}


def _group(wildcard: re.Match) -> str:
    """Return the expression for what a wildcard stands for."""
    return f"(?P<{wildcard[1]}>{BLOCK if wildcard[1] == 'block' else '[^/]+'})"


def jobs_in(folder: Path) -> dict[str, Entry]:
    """Return by output the job that wrote it last, ``started``, ``host`` and ``log``, as the logs tell.

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
    """Return the job that wrote an output: as its log tells, or as was recorded of the same file before."""
    before = earlier.get(path, {})
    same = before.get("sha256") == entry["sha256"]
    return jobs.get(path) or {key: before.get(key) if same else None for key in JOB}
