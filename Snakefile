"""radiofind: from radio mosaics to scored source catalogues."""

from snakemake.utils import min_version

min_version("9.27")


include: "rules/common.smk"
include: "rules/input_functions.smk"
include: "rules/resources.smk"
include: "rules/simulation.smk"
include: "rules/tiles.smk"
include: "rules/noise.smk"
include: "rules/pybdsf.smk"
include: "rules/peaks.smk"
include: "rules/training.smk"
include: "rules/convosource.smk"
include: "rules/catalogues.smk"
include: "rules/spectral_index.smk"
include: "rules/matches.smk"
include: "rules/combined.smk"
include: "rules/injections.smk"
include: "rules/completeness.smk"
include: "rules/survey_completeness.smk"
include: "rules/counts.smk"
include: "rules/evaluation.smk"
include: "rules/datasets.smk"
include: "rules/classifiers.smk"
include: "rules/source_classes.smk"
include: "rules/applied_classes.smk"
include: "rules/exports.smk"
include: "rules/survey.smk"
include: "rules/survey_products.smk"
include: "rules/report.smk"
include: "rules/provenance.smk"


onsuccess:
    end_run(workflow, config, failed=False)


onerror:
    end_run(workflow, config, failed=True)


rule all:
    default_target: True
    input:
        # Without this, a mosaic whose fingerprints were deleted would not pass through the checkpoint again.
        fingerprints=expand("results/{mosaic}/fingerprints.parquet", mosaic=plan.mosaics),
        catalogues=catalogue_targets,
        maps=map_targets,
        classifiers=classifier_targets,
        survey=survey_targets,
        completeness=completeness_targets,
        scores=indexed("results/scores.txt"),
        report=indexed("results/report.html"),
        provenance=indexed("results/provenance.json"),
