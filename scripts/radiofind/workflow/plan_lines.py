"""Say in a few lines what a dry run found to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from radiofind.workflow.lines import plural, shorten
from radiofind.workflow.progress import TARGET
from radiofind.workflow.stages import STAGE_OF, STAGES

INDEX = "index_tiles"
"""The checkpoint, before which the tiles are not known."""


def plan_lines(jobs_of: Mapping[str, int]) -> Iterator[str]:
    """Yield a line for each stage that has jobs, and what they are together.

    Parameters
    ----------
    jobs_of
        Number of jobs by rule.
    """
    jobs = {rule: number for rule, number in jobs_of.items() if rule != TARGET}
    others = tuple(rule for rule in jobs if rule not in STAGE_OF)
    for stage, rules in {**STAGES, "other": others}.items():
        found = {rule: jobs[rule] for rule in rules if rule in jobs}
        if found:
            counts = ", ".join(f"{rule} {number:,}" for rule, number in found.items())
            yield shorten(f"{stage:<12} {counts}")
    yield f"{plural(sum(jobs.values()), 'job')} would run; nothing was done."
    if INDEX in jobs:
        yield f"Which tiles are searched is known after {INDEX}: their jobs come on top."
    yield "With -p each job is listed; `make what-changed` says which tiles would run, and why."
