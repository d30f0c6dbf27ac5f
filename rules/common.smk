"""
Configuration, mosaic sheet, wildcard constraints, and the input functions of the rules.

Every rule after the checkpoint names its inputs through one of these functions, which ask the checkpoint
first: a single static path would make Snakemake rerun that rule and all after it for every mosaic.
"""

import sys
from functools import cache

from snakemake.exceptions import WorkflowError

sys.path.insert(0, f"{workflow.basedir}/scripts")

from radiofind.mosaics.blocks import PATTERN as BLOCK
from radiofind.workflow.classifier_plan import MEMBER
from radiofind.workflow.closing_lines import print_closing_lines
from radiofind.jobs.code_digest import digest_of
from radiofind.workflow.config.inputs import InputError, read_inputs
from radiofind.mosaics.noise import noise_settings
from radiofind.finders import kinds
from radiofind.workflow.plan import Plan

try:
    config, mosaics = read_inputs(
        config, repository=workflow.basedir, overlays=workflow.overwrite_configfiles
    )
except InputError as error:
    raise WorkflowError(str(error))

plan = Plan(config, mosaics)


wildcard_constraints:
    mosaic=plan.one_of(plan.mosaics),
    simulation=plan.one_of(config["simulations"]),
    training_set=plan.one_of(plan.training_sets),
    finder=plan.one_of(config["find_with"]),
    tile=r"y\d\d\d+x\d\d\d+",
    block=BLOCK,
    dataset=plan.one_of(plan.classifiers.datasets),
    network=plan.one_of(plan.classifiers.networks),
    member=MEMBER,


localrules:
    all,
    index_tiles,


@cache
def tile_table():
    """Return the path of the table of tiles; until the checkpoint has made it, raise what Snakemake expects."""
    return checkpoints.index_tiles.get().output.tiles


def indexed_tiles():
    """Return the table of tiles, once the checkpoint has made it."""
    # A job on another node reads the files of its own tile alone.
    return plan.read_tiles(tile_table(), with_files=workflow.is_main_process)


def indexed(pattern):
    """Return an input function for a path with the wildcards of the rule."""

    def path_of(wildcards):
        indexed_tiles()
        return pattern.format(**wildcards)

    return path_of


def of_live_tiles(pattern):
    """Return an input function for one path per tile of the mosaic that holds valid pixels."""

    def paths_of(wildcards):
        tiles = plan.live_tiles(indexed_tiles(), wildcards.mosaic)
        return [pattern.format(**{**wildcards, "tile": tile}) for tile in tiles]

    return paths_of


def of_scored_mosaics(pattern):
    """Return an input function for one path per readable mosaic with truth (of the training set, if named)."""

    def paths_of(wildcards):
        mosaics = plan.scored_mosaics(indexed_tiles(), wildcards.get("training_set"))
        return plan.expand(pattern, wildcards, mosaics)

    return paths_of


def of_readable_mosaics(pattern):
    """Return an input function for one path per readable mosaic and finder."""

    def paths_of(wildcards):
        mosaics = plan.readable_mosaics(indexed_tiles())
        return plan.expand(pattern, wildcards, mosaics)

    return paths_of


def of_own_training_set(pattern):
    """Return an input function for one path of the training set that the mosaic belongs to."""

    def path_of(wildcards):
        indexed_tiles()
        training_set = plan.sheet_value(wildcards.mosaic, "training_set")
        return pattern.format(**wildcards, training_set=training_set)

    return path_of


def from_sheet(column):
    """Return an input function for a path of the mosaic sheet; none when the sheet leaves it empty."""

    def path_of(wildcards):
        return plan.sheet_value(wildcards.mosaic, column) or []

    return path_of


def indexed_from_sheet(column):
    """Return the same input function for rules after the checkpoint."""

    def path_of(wildcards):
        indexed_tiles()
        return plan.sheet_value(wildcards.mosaic, column) or []

    return path_of


def row_of_sheet(*columns):
    """Return a params function for values of the mosaic sheet."""

    def values_of(wildcards):
        return plan.sheet_values(wildcards.mosaic, *columns)

    return values_of


def catalogue_targets(wildcards):
    """Return the catalogues of all readable mosaics in all formats."""
    return plan.catalogues(indexed_tiles())
