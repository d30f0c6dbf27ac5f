"""
Input and params functions of the record of a run; see common.smk for what they have in common with others.
"""

from pathlib import Path

from snakemake.io import strip_wildcard_constraints

from radiofind.workflow.plan import NEVER


def given_files(wildcards):
    """Return what the user gave: the sheet, the files that it names, and models of other runs."""
    of_sheet = plan.given_files(plan.mosaics, "image", "primary_beam", "truth")
    models = [path for finder in plan.finders for path in plan.model_files(finder)]
    return sorted({config["mosaics"], *of_sheet, *models, *plan.classifiers.given_files})


def given_files_that_exist(wildcards):
    """Return those of them that the record can depend on."""
    indexed_tiles()
    return [path for path in given_files(wildcards) if Path(path).exists()]


def patterns_of_outputs(wildcards):
    """Return the paths of all that the rules make, but for those of which this run makes none."""
    paths = [path for rule in workflow.rules for path in rule.output if NEVER not in path]
    outputs = set(map(strip_wildcard_constraints, paths))
    # Of mosaics that cannot be read there is nothing else.
    return sorted(outputs | {f"results/{mosaic}/fingerprints.parquet" for mosaic in plan.mosaics})


def tiles_per_job(wildcards):
    """Return the size of the blocks of each finder that searches tiles."""
    return {finder: plan.finders[finder]["tiles_per_job"] for finder in plan.finders_of(*kinds.OF_TILES)}


def names_in_outputs(wildcards):
    """Return the names that wildcards stand for in this run."""
    return {
        "mosaic": plan.readable_mosaics(indexed_tiles()),
        "simulation": [row.simulate for row in plan.mosaics.values() if row.simulate],
        "training_set": plan.training_sets,
        "finder": list(plan.finders),
        "dataset": list(plan.classifiers.datasets),
        "dataset network": [" ".join(names) for names in plan.classifiers.trained],
        "dataset network member": [" ".join(names) for names in plan.classifiers.all_members],
    }
