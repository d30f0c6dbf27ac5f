"""
Classify the sources of every catalogue with a trained network.

Reads  results/{mosaic}/catalogues/{finder}.parquet, the images named in the mosaic sheet,
       results/classifiers/{dataset}/{network}/model.keras and model.json, or a classifier of another run
Makes  results/{mosaic}/catalogues/classified/{finder}.parquet
"""


rule apply_classifier:
    input:
        image=ancient(planned(plan.file, "image")),
        catalogue=indexed("results/{mosaic}/catalogues/{finder}.parquet"),
        components=each("results/{mosaic}/catalogues/components/{finder}.parquet", plan.components),
        network=planned(source_classes.applied, "results/classifiers/{dataset}/{network}/model.keras"),
        record=planned(source_classes.applied, "results/classifiers/{dataset}/{network}/model.json"),
    output:
        catalogue="results/{mosaic}/catalogues/classified/{finder}.parquet",
    log:
        "logs/apply_classifier/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/apply_classifier/{mosaic}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(source_classes.finders_by("network")),
    conda:
        "../envs/network.yaml"
    threads: source_classes.applied_threads
    resources:
        mem_mb=memory_of("apply_classifier", planned(work.on_classified)),
        runtime=time_of("apply_classifier", planned(work.on_classified)),
    params:
        image=plan.image_source,
        threads=source_classes.applied_threads,
        stamps=source_classes.applied_stamps,
        name=source_classes.applied_name,
        code=digest_of("apply_classifier"),
    message:
        "Classifying the sources of {wildcards.finder} in {wildcards.mosaic} with a network"
    script:
        "../scripts/apply_classifier.py"
