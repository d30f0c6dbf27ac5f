"""Find out which tiles a run will search, and why, from the jobs that Snakemake plans."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import attrgetter
from pathlib import Path

from radiofind.workflow.changes.earlier_runs import EarlierRuns
from radiofind.workflow.changes.reasons import (
    Reason,
    describe_params,
    describe_tile_change,
    reason_of_tile,
)
from radiofind.workflow.stages import STAGES

BEFORE_TILES = ("simulate", "describe_sky", "simulate_matched", "fingerprint_mosaic", "index_tiles")
"""Rules that run before the tiles are known."""
TRAINING = ("cut_patches", "train_convosource", "train_combined")
FURTHER = re.compile("_(injected|negated)_")
"""In the names of rules that search again: they record settings under the name of the rule they inherit."""
NOISE = "noise"
"""Name used in place of a finder for noise measurements."""


@dataclass(frozen=True)
class Job:
    """A job that Snakemake plans."""

    rule: str
    """Its rule."""
    mosaic: str = ""
    """Its wildcards; empty if the rule does not have them."""
    tile: str = ""
    finder: str = ""
    training_set: str = ""
    reason: Reason = field(default=Reason(), compare=False)
    """Why it runs."""
    outputs: tuple[str, ...] = ()
    """Its output files."""
    log: str = ""
    """Its log file."""
    benchmark: str = ""
    """Its benchmark file, written only on success."""
    tiles: tuple[str, ...] = ()
    """The tiles that it searches, if they are a block of several."""


@dataclass(frozen=True)
class TileChange:
    """A tile that a finder will search."""

    mosaic: str
    """The mosaic."""
    tile: str
    """The tile."""
    finder: str
    """The finder; `NOISE` if only the noise is measured."""
    why: str
    """Why, in words."""


class Changes:
    """The tiles and other results that a run will make, with reasons.

    Parameters
    ----------
    jobs
        The jobs of a dry run.
    earlier
        The state that earlier runs left.
    """

    def __init__(self, jobs: Sequence[Job], earlier: EarlierRuns) -> None:
        real = [job for job in jobs if job.rule != "all"]
        self.n_jobs = len(real)
        self.jobs = [one for job in real for one in _by_tile(job, earlier)]
        self.earlier = earlier
        self._makers = {path: job for job in self.jobs for path in job.outputs}
        self._noise = {(job.mosaic, job.tile): job for job in self.jobs if job.rule == "measure_noise"}
        # Provenance is read from tables, not noise images: ten times as fast, and the same for a tile.
        self._tables = {
            (job.mosaic, job.tile): job.outputs[0] for job in self.jobs if job.tile and job.finder
        }
        self._told: dict[Job, str] = {}
        self._causes_of_many: dict[tuple[str, str, str], list[str]] = {}

    @cached_property
    def unread_mosaics(self) -> list[str]:
        """The mosaics that must be read to find out which of their tiles have changed."""
        return [job.mosaic for job in self.jobs if job.rule == "fingerprint_mosaic"]

    @cached_property
    def are_known(self) -> bool:
        """Whether the tiles are known."""
        return not any(job.rule in BEFORE_TILES for job in self.jobs)

    @cached_property
    def tiles(self) -> list[TileChange]:
        """The tiles that will be searched, by finder, in the order of the sheet."""
        # Further searches of a tile come first, so that the reason of the search itself is told.
        in_order = sorted(self.jobs, key=lambda job: job.rule not in STAGES["completeness"])
        found = {
            (job.mosaic, job.tile, job.finder): TileChange(job.mosaic, job.tile, job.finder, self.why(job))
            for job in in_order
            if job.tile and job.finder
        }
        searched = {(mosaic, tile) for mosaic, tile, _ in found}
        rest = [
            TileChange(mosaic, tile, NOISE, self.why(job))
            for (mosaic, tile), job in self._noise.items()
            if (mosaic, tile) not in searched
        ]
        order = {mosaic: number for number, mosaic in enumerate(self.earlier.live_tiles)}
        return sorted(
            [*found.values(), *rest],
            key=lambda one: (order.get(one.mosaic, len(order)), one.mosaic, one.tile, one.finder),
        )

    @cached_property
    def blank_tiles(self) -> dict[str, list[str]]:
        """Tiles that no longer have valid pixels, by mosaic, for mosaics whose catalogues are remade."""
        return self._gone_tiles(left_out=False)

    @cached_property
    def left_out_tiles(self) -> dict[str, list[str]]:
        """Tiles that are no longer searched, by mosaic, for the same mosaics."""
        return self._gone_tiles(left_out=True)

    @cached_property
    def trainings(self) -> dict[tuple[str, str], str]:
        """Why finders are trained again, by training set and finder."""
        # Networks come first: combined finders learn from their detections.
        jobs = sorted(self.jobs, key=attrgetter("training_set", "finder"))
        last = [job for rule in TRAINING[1:] for job in jobs if job.rule == rule]
        return {(job.training_set, job.finder): self.why(job) for job in last}

    @cached_property
    def others(self) -> list[tuple[Job, str]]:
        """Jobs that neither search nor train, but have a reason of their own."""
        rest = [job for job in self.jobs if not job.tile and job.rule not in TRAINING]
        return [(job, why) for job in rest if (why := self.why(job))]

    def finders_of(self, *rules: str) -> dict[str, list[str]]:
        """Return the finders for which these rules run, by mosaic."""
        found: dict[str, set[str]] = {}
        for job in self.jobs:
            if job.rule in rules:
                found.setdefault(job.mosaic, set()).add(job.finder)
        return {mosaic: sorted(finders) for mosaic, finders in sorted(found.items())}

    def why(self, job: Job) -> str:
        """Return the root cause why a job runs; empty if it only follows other jobs.

        Parameters
        ----------
        job
            One of the jobs.
        """
        if job not in self._told:
            self._told[job] = self._find_out(job)
        return self._told[job]

    def _gone_tiles(self, *, left_out: bool) -> dict[str, list[str]]:
        """Return the tiles that were searched once and are left out, or are blank, by mosaic."""
        earlier, found = self.earlier, {}
        for mosaic in dict.fromkeys(job.mosaic for job in self.jobs if job.rule == "summarise_noise"):
            gone = set(earlier.list_noise(mosaic)) - set(earlier.live_tiles.get(mosaic, ()))
            outside = gone & set(earlier.left_out.get(mosaic, ()))
            if mosaic in earlier.live_tiles and (tiles := outside if left_out else gone - outside):
                found[mosaic] = sorted(tiles)
        return found

    def _find_out(self, job: Job) -> str:
        """Return why a job runs."""
        reason = job.reason
        noise = self._noise.get((job.mosaic, job.tile), job) if job.tile else job
        if reason.is_own:
            return " and ".join(dict.fromkeys(self._own_causes(job, reason)))
        if noise is not job:
            return self.why(noise)
        if reason.missing and (job.tile or job.rule in TRAINING or not reason.follows):
            return self._why_missing(job)
        return self._why_it_follows(job, reason)

    def _own_causes(self, job: Job, reason: Reason) -> Iterator[str]:
        """Yield the causes that belong to the job itself."""
        if reason.forced:
            yield "was interrupted last time, or is forced"
        yield from self._updated_causes(job, reason)
        if reason.inputs:
            yield f"the set of {'tiles' if job.mosaic else 'mosaics or finders'} has changed"
        yield from self._causes_in_params(job, reason)
        if reason.environment:
            yield f"software environment of {job.rule} has changed"

    def _updated_causes(self, job: Job, reason: Reason) -> Iterator[str]:
        """Yield the causes behind newer inputs."""
        for path in reason.updated:
            folder = path.split("/")[-2] if path.startswith("results/") else ""
            if job.tile and folder in ("tiles", NOISE):
                yield self._tile_change(job, folder)
            elif not folder:
                yield f"{path} has changed"
            elif path.startswith("results/models/"):
                yield f"{job.finder} was trained again"
            else:
                yield "its inputs were made again"

    def _tile_change(self, job: Job, folder: str) -> str:
        """Return what has changed in the tile of a job."""
        told = self.earlier.read_provenance(self._tables.get((job.mosaic, job.tile), ""))
        inputs = (told or self.earlier.read_provenance(job.outputs[0])).get("inputs", {})
        recorded = inputs.get("tiles", {}).get(f"{job.mosaic}/{job.tile}")
        now = self.earlier.read_tile(f"results/{job.mosaic}/tiles/{job.tile}.json")
        same = "noise was measured again" if folder == NOISE else "tile file was written again"
        return describe_tile_change(recorded, now) or same

    def _causes_in_params(self, job: Job, reason: Reason) -> list[str]:
        """Return the changes in code and settings, looked up once for all tiles of a finder."""
        key = (job.rule, job.finder, str((reason.before, reason.now)))
        if key not in self._causes_of_many and (reason.before != () or reason.now != ()):
            settings = self.earlier.read_provenance(job.outputs[0]).get("settings", {})
            rule = FURTHER.sub("_", job.rule)
            recorded = settings.get(f"{rule} {job.finder}".strip(), settings.get(rule, {}))
            subject = job.finder or (NOISE if job.rule == "measure_noise" else job.rule)
            told = describe_params(reason, rule=job.rule, subject=subject, recorded=recorded)
            self._causes_of_many[key] = list(told)
        return self._causes_of_many.get(key, [])

    def _why_missing(self, job: Job) -> str:
        """Return why the result of a job is missing."""
        reason = self.earlier.quarantined.get((job.mosaic, job.tile, job.finder or NOISE))
        attempts = self.earlier.read_attempts(_file_of_tile(job))
        begun, ended = self.earlier.changed_at(job.log), self.earlier.changed_at(job.benchmark)
        if reason:
            return f"out of quarantine ({reason})"
        if attempts:
            return f"did not finish last time: {attempts[-1]}"
        if begun and (not ended or begun > ended):
            return "did not finish last time"
        if ended:
            return "result is missing"
        if job.rule == "measure_noise" and self.earlier.changed_at(f"results/{job.mosaic}/patches.parquet"):
            return "has valid pixels now"
        return "not searched yet" if job.tile else "not made yet"

    def _why_it_follows(self, job: Job, reason: Reason) -> str:
        """Return the cause in the jobs that a search or training depends on."""
        makers = [maker for path in reason.follows if (maker := self._makers.get(path))]
        if job.tile:
            is_network = any(path.startswith("results/models/") for path in reason.follows)
            return f"{job.finder} is trained again" if is_network else "its inputs are made again"
        if job.rule == "cut_patches":
            return self._joined("under its boxes: ", makers, lambda maker: maker.rule == "measure_noise")
        if job.rule == "train_convosource":
            return self._joined("", makers, lambda maker: maker.rule == "cut_patches")
        return "its training data have changed" if job.rule == "train_combined" else ""

    def _joined(self, start: str, makers: Sequence[Job], counts: Callable[[Job], bool]) -> str:
        """Return the causes of several jobs in one line."""
        return start + ", ".join(dict.fromkeys(self.why(maker) for maker in makers if counts(maker)))


def _by_tile(job: Job, earlier: EarlierRuns) -> Iterator[Job]:
    """Split the job of a block into one job per tile that will be searched; yield other jobs unchanged."""
    if not job.tiles:
        yield job
    kept = earlier.kept_tiles(job.outputs[0]) if job.tiles else ()
    for tile in job.tiles:
        reason = reason_of_tile(job.reason, tile, is_kept=tile in kept)
        if reason != Reason():
            yield replace(job, tile=tile, tiles=(), reason=reason)


def _file_of_tile(job: Job) -> str:
    """Return the path to which the record of attempts of a tile belongs (``{path}.attempts``)."""
    is_search = job.tile and job.finder
    return str(Path(job.outputs[0]).with_name(f"{job.tile}.parquet")) if is_search else job.outputs[0]
