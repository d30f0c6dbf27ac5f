"""
Memory and time that jobs request, from the size of their input and the measured needs of each rule
(scripts/radiofind/workflow/needs.py).
"""

from dataclasses import replace
from pathlib import Path

from snakemake.common.tbdstring import TBDString
from snakemake.exceptions import IncompleteCheckpointException

from radiofind.workflow.needs import NEEDS
from radiofind.workflow.plan.work import WorkPlan
from radiofind.workflow.resources import MIB, Work, memory_mib, runtime_minutes

work = WorkPlan(plan, training, classifiers, source_classes)


def memory_of(rule, work_of):
    """Return a resource function for the memory of a rule, MiB; `work_of` gives the size of its jobs."""

    def mib(wildcards, input, attempt):
        return asked_for(memory_mib, rule, work_of, wildcards, input, attempt)

    return mib


def time_of(rule, work_of):
    """Return a resource function for the time of a rule, minutes; `work_of` gives the size of its jobs."""

    def minutes(wildcards, input, attempt):
        return asked_for(runtime_minutes, rule, work_of, wildcards, input, attempt)

    return minutes


def asked_for(how_much, rule, work_of, wildcards, input, attempt):
    """Return what a job requests; before the tiles are known, a placeholder that Snakemake shows as <TBD>."""
    try:
        return how_much(rule, with_files(work_of(wildcards), NEEDS[rule], input), attempt=attempt)
    except IncompleteCheckpointException:
        # Without a placeholder Snakemake inserts 0, takes it for a resource, and stops.
        return TBDString()


def with_files(work, need, input):
    """Return the work with the sizes of inputs; files missing in a dry run make Snakemake show <TBD>."""
    if need.tables:
        given = [input[name] for name in need.tables]
        paths = [path for one in given for path in ([one] if isinstance(one, str) else one)]
        work = replace(work, table_mib=sum(Path(path).stat().st_size for path in paths) / MIB)
    if need.cutouts:
        # Imported here, because it takes as long to load as the rest of the plan, and few jobs need it.
        from radiofind.classifiers.cutout_sizes import shape_of_cutouts

        number, pixels = shape_of_cutouts(input[need.cutouts])
        work = replace(work, cutouts=number, pixels=number * pixels, all_pixels=number * pixels)
    return work


def nothing(wildcards):
    """Return the work of a job whose needs do not depend on its input."""
    return Work()
