"""
The input functions through which rules consult the tile table.

scripts/radiofind/workflow/plan/ decides what a run makes; its methods take the wildcards of a rule. Rules before the
checkpoint index_tiles, and values that do not depend on the tiles, use such a method directly or through `given`.
Rules after it use `planned`, `each` or `indexed`, which ask the checkpoint first: a single path
written without them makes Snakemake rerun the rule, and all rules after it, for every mosaic.
"""

from functools import cache

from snakemake.io import strip_wildcard_constraints

from radiofind.workflow.plan.mosaics import NEVER
from radiofind.workflow.plan.tile_table import read_tiles


@cache
def tile_table():
    """Return the path of the tile table; before the checkpoint has run, raise the exception Snakemake expects."""
    return checkpoints.index_tiles.get().output.tiles


def indexed_tiles():
    """Return the tile table, once the checkpoint has made it."""
    # A job on another node reads only the files of its own tile.
    return read_tiles(tile_table(), mosaics=plan.mosaics, with_files=workflow.is_main_process)


def given(method, *arguments):
    """Return an input function that calls a method of the plan with the wildcards of the rule."""

    def answer(wildcards):
        return method(wildcards, *arguments)

    return answer


def planned(method, *arguments):
    """Return an input function that calls a method of the plan with the tile table and the wildcards of the rule."""

    def answer(wildcards):
        return method(indexed_tiles(), wildcards, *arguments)

    return answer


def each(pattern, method):
    """Return an input function that fills in a path pattern, once for each set of names that a method returns."""

    def paths(wildcards):
        names = method(indexed_tiles(), wildcards)
        return list(dict.fromkeys(pattern.format(**{**wildcards, **one}) for one in names))

    return paths


def indexed(pattern, method=plan.names):
    """Return an input function that fills in a path pattern with the wildcards and the names that a method returns."""

    def path(wildcards):
        return pattern.format(**{**wildcards, **method(indexed_tiles(), wildcards)})

    return path


def joined(*inputs):
    """Return an input function for the paths of several input functions."""

    def paths(wildcards):
        return [path for one in inputs for path in one(wildcards)]

    return paths


def of_dataset(pattern):
    """Return an input function for a path of a data set; it waits for the checkpoint only if cut from mosaics."""

    def path(wildcards):
        if classifiers.is_cut(wildcards):
            indexed_tiles()
        return pattern.format(**wildcards)

    return path


def of_members(pattern):
    """Return an input function for one path per member of a classifier; it waits as `of_dataset` does."""

    def paths(wildcards):
        if classifiers.is_cut(wildcards):
            indexed_tiles()
        return [pattern.format(**wildcards, member=member) for member in classifiers.members(wildcards)]

    return paths


def output_patterns(wildcards):
    """Return the path patterns of all outputs that this run can make."""
    paths = [path for rule in workflow.rules for path in rule.output if NEVER not in path]
    # A workflow of which this one is a module may have further rules.
    outputs = {path for path in map(strip_wildcard_constraints, paths) if path.startswith("results/")}
    # Mosaics that cannot be read have no other output.
    return sorted(outputs | {f"results/{mosaic}/fingerprints.parquet" for mosaic in plan.mosaics})
