"""
Memory and time that jobs ask for, from what they work on (work.smk) and what each rule was measured to need
(scripts/radiofind/workflow/needs.py).
"""

from dataclasses import replace
from pathlib import Path

from snakemake.common.tbdstring import TBDString
from snakemake.exceptions import IncompleteCheckpointException

from radiofind.workflow.needs import NEEDS
from radiofind.workflow.resources import MIB, memory_mib, runtime_minutes


def memory_of(rule):
    """Return a resource function for the memory of a rule, MiB."""

    def mib_of(wildcards, input, attempt):
        return asked_for(memory_mib, rule, wildcards, input, attempt)

    return mib_of


def time_of(rule):
    """Return a resource function for the time of a rule, minutes."""

    def minutes_of(wildcards, input, attempt):
        return asked_for(runtime_minutes, rule, wildcards, input, attempt)

    return minutes_of


def asked_for(how_much, rule, wildcards, input, attempt):
    """Return what a job asks for; what Snakemake shows as <TBD> in a plan made before the tiles are known."""
    try:
        return how_much(rule, work_of(rule, wildcards, input), attempt=attempt)
    except IncompleteCheckpointException:
        # Snakemake would put a 0 in its place, which it then takes for a resource, and stop.
        return TBDString()


def work_of(rule, wildcards, input):
    """Return what a job works on."""
    need = NEEDS[rule]
    work = WORK[need.size](wildcards)
    return replace(work, table_mib=mib_of_files(input, need.tables)) if need.tables else work


def mib_of_files(input, names):
    """Return the size of some inputs together, MiB; in a plan they may be missing, and Snakemake says <TBD>."""
    given = [input[name] for name in names]
    paths = [path for one in given for path in ([one] if isinstance(one, str) else one)]
    return sum(Path(path).stat().st_size for path in paths) / MIB
