"""
Classify the sources of every catalogue, and score the classes on the truth.

Reads  results/{mosaic}/catalogues/{finder}.parquet, results/{mosaic}/truth.parquet, the images named in the mosaic
       sheet, results/classifiers/{dataset}/{network}/model.keras and model.json
Makes  results/models/{training_set}/{finder}.classes.json, results/{mosaic}/catalogues/classified/{finder}.parquet,
       results/{mosaic}/classes/{finder}.csv and {finder}.confusion.csv
"""


rule train_source_classes:
    input:
        truths=of_taught_mosaics("results/{mosaic}/truth.parquet"),
        patches=of_taught_mosaics("results/{mosaic}/patches.parquet"),
        catalogues=of_taught_mosaics("results/{mosaic}/catalogues/{finder}.parquet"),
        others=catalogues_of_partners,
        images=ancient(images_of_partners),
    output:
        model="results/models/{training_set}/{finder}.classes.json",
    log:
        "logs/train_source_classes/{training_set}/{finder}.log",
    benchmark:
        "benchmarks/train_source_classes/{training_set}/{finder}.tsv"
    wildcard_constraints:
        finder=classified_by("truth"),
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("train_source_classes"),
        runtime=time_of("train_source_classes"),
    params:
        boxes=boxes_of_taught_mosaics,
        images=images_with_classes,
        partners=partners,
        snr_min=min(config["snr"]),
        radius_pixels=config["match"]["radius_pixels"],
        truth_rms=config["evaluation"]["truth_rms"],
        code=digest_of("train_source_classes"),
    message:
        "Learning the classes of sources of {wildcards.finder} on {wildcards.training_set}"
    script:
        "../scripts/train_source_classes.py"


rule classify_sources:
    input:
        catalogue=indexed("results/{mosaic}/catalogues/{finder}.parquet"),
        model=of_own_training_set("results/models/{training_set}/{finder}.classes.json"),
        others=catalogues_of_partners,
        images=ancient(images_of_partners),
    output:
        catalogue="results/{mosaic}/catalogues/classified/{finder}.parquet",
    log:
        "logs/classify_sources/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/classify_sources/{mosaic}/{finder}.tsv"
    wildcard_constraints:
        finder=classified_by("truth"),
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("classify_sources"),
        runtime=time_of("classify_sources"),
    params:
        images=images_with_classes,
        partners=partners,
        name=name_of_truth,
        code=digest_of("classify_sources"),
    message:
        "Classifying the sources of {wildcards.finder} in {wildcards.mosaic}"
    script:
        "../scripts/classify_sources.py"


rule apply_classifier:
    input:
        image=ancient(indexed_from_sheet("image")),
        catalogue=indexed("results/{mosaic}/catalogues/{finder}.parquet"),
        components=components_of_catalogue,
        network=applied_classifier(".keras"),
        record=applied_classifier(".json"),
    output:
        catalogue="results/{mosaic}/catalogues/classified/{finder}.parquet",
    log:
        "logs/apply_classifier/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/apply_classifier/{mosaic}/{finder}.tsv"
    wildcard_constraints:
        finder=classified_by("network"),
    conda:
        "../envs/network.yaml"
    threads: threads_of_applied
    resources:
        mem_mb=memory_of("apply_classifier"),
        runtime=time_of("apply_classifier"),
    params:
        images=images_with_classes,
        settings=applied_settings,
        stamps=stamps_of_applied,
        name=name_of_applied,
        code=digest_of("apply_classifier"),
    message:
        "Classifying the sources of {wildcards.finder} in {wildcards.mosaic} with a network"
    script:
        "../scripts/apply_classifier.py"


rule evaluate_classes:
    input:
        catalogue=indexed("results/{mosaic}/catalogues/classified/{finder}.parquet"),
        truth=indexed("results/{mosaic}/truth.parquet"),
        patches=indexed("results/{mosaic}/patches.parquet"),
        model=of_own_training_set("results/models/{training_set}/{finder}.classes.json"),
    output:
        scores="results/{mosaic}/classes/{finder}.csv",
        confusion="results/{mosaic}/classes/{finder}.confusion.csv",
    log:
        "logs/evaluate_classes/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/evaluate_classes/{mosaic}/{finder}.tsv"
    wildcard_constraints:
        finder=classified_by("truth"),
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("evaluate_classes"),
        runtime=time_of("evaluate_classes"),
    params:
        boxes=row_of_sheet("train_box", "validation_box"),
        radius_pixels=config["match"]["radius_pixels"],
        truth_rms=config["evaluation"]["truth_rms"],
        snr=config["snr"],
        seed=config["evaluation"]["seed"],
        code=digest_of("evaluate_classes"),
    message:
        "Scoring the classes of the sources of {wildcards.finder} in {wildcards.mosaic}"
    script:
        "../scripts/evaluate_classes.py"
