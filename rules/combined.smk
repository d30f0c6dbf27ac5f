"""
Combine the catalogues of several finders: one row per source, with a score learned from all of them.

Reads  results/{mosaic}/catalogues/{finder}.parquet of the combined finders, results/{mosaic}/truth.parquet
Makes  results/models/{training_set}/{finder}.json, results/{mosaic}/catalogues/{finder}.parquet
"""


rule train_combined:
    input:
        truths=each("results/{mosaic}/truth.parquet", training.validated),
        patches=each("results/{mosaic}/patches.parquet", training.validated),
        catalogues=each("results/{mosaic}/catalogues/{finder}.parquet", training.combined),
    output:
        model="results/models/{training_set}/{finder}.json",
    log:
        "logs/train_combined/{training_set}/{finder}.log",
    benchmark:
        "benchmarks/train_combined/{training_set}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("combined")),
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("train_combined", planned(work.on_boxes)),
        runtime=time_of("train_combined", planned(work.on_boxes)),
    params:
        boxes=planned(training.validated_boxes),
        settings=plan.finder_settings,
        radii=planned(sizes.radii, training.validated),
        truth_rms=config["evaluation"]["truth_rms"],
        code=digest_of("train_combined"),
    message:
        "Learning the scores of {wildcards.finder} on the validation boxes of {wildcards.training_set}"
    script:
        "../scripts/train_combined.py"


rule combine_catalogues:
    input:
        catalogues=each("results/{mosaic}/catalogues/{finder}.parquet", plan.combined),
        model=planned(plan.model, "results/models/{training_set}/{finder}.json"),
    output:
        catalogue="results/{mosaic}/catalogues/{finder}.parquet",
    log:
        "logs/combine_catalogues/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/combine_catalogues/{mosaic}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("combined")),
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("combine_catalogues", planned(work.on_mosaic)),
        runtime=time_of("combine_catalogues", planned(work.on_mosaic)),
    params:
        settings=plan.finder_settings,
        fluxes_from=plan.fluxes_from,
        radius_pixels=planned(sizes.radius),
        stamps=plan.model_stamps,
        code=digest_of("combine_catalogues"),
    message:
        "Combining the catalogues of {wildcards.mosaic} into {wildcards.finder}"
    script:
        "../scripts/combine_catalogues.py"
