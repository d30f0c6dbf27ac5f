"""
Classify the sources of every catalogue, and score the classes on the truth.

Reads  results/{mosaic}/catalogues/{finder}.parquet, results/{mosaic}/truth.parquet, the images named in the mosaic
       sheet, results/classifiers/{dataset}/{network}/model.keras and model.json
Makes  results/models/{training_set}/{finder}.classes.json, results/{mosaic}/catalogues/classified/{finder}.parquet,
       results/{mosaic}/classes/{finder}.csv and {finder}.confusion.csv
"""


rule train_source_classes:
    input:
        truths=each("results/{mosaic}/truth.parquet", source_classes.taught),
        patches=each("results/{mosaic}/patches.parquet", source_classes.taught),
        catalogues=each("results/{mosaic}/catalogues/{finder}.parquet", source_classes.taught),
        others=each("results/{mosaic}/catalogues/{finder}.parquet", source_classes.partners),
        images=ancient(planned(source_classes.image_files)),
    output:
        model="results/models/{training_set}/{finder}.classes.json",
    log:
        "logs/train_source_classes/{training_set}/{finder}.log",
    benchmark:
        "benchmarks/train_source_classes/{training_set}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(source_classes.finders_by("truth")),
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("train_source_classes", planned(work.on_boxes)),
        runtime=time_of("train_source_classes", planned(work.on_boxes)),
    params:
        boxes=planned(source_classes.taught_boxes),
        images=planned(source_classes.taught_images),
        partners=planned(source_classes.partner_images, "results/{mosaic}/catalogues/{finder}.parquet"),
        snr_min=min(config["snr"]),
        radii=planned(sizes.radii, source_classes.taught),
        truth_rms=config["evaluation"]["truth_rms"],
        code=digest_of("train_source_classes"),
    message:
        "Learning the classes of sources of {wildcards.finder} on {wildcards.training_set}"
    script:
        "../scripts/train_source_classes.py"


rule classify_sources:
    input:
        catalogue=indexed("results/{mosaic}/catalogues/{finder}.parquet"),
        model=indexed("results/models/{training_set}/{finder}.classes.json"),
        others=each("results/{mosaic}/catalogues/{finder}.parquet", source_classes.partners),
        images=ancient(planned(source_classes.image_files)),
    output:
        catalogue="results/{mosaic}/catalogues/classified/{finder}.parquet",
    log:
        "logs/classify_sources/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/classify_sources/{mosaic}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(source_classes.finders_by("truth")),
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("classify_sources", planned(work.on_mosaic)),
        runtime=time_of("classify_sources", planned(work.on_mosaic)),
    params:
        image=plan.image_source,
        partners=planned(source_classes.partner_images, "results/{mosaic}/catalogues/{finder}.parquet"),
        name=source_classes.truth_name,
        code=digest_of("classify_sources"),
    message:
        "Classifying the sources of {wildcards.finder} in {wildcards.mosaic}"
    script:
        "../scripts/classify_sources.py"


rule evaluate_classes:
    input:
        catalogue=indexed("results/{mosaic}/catalogues/classified/{finder}.parquet"),
        truth=indexed("results/{mosaic}/truth.parquet"),
        patches=indexed("results/{mosaic}/patches.parquet"),
        model=indexed("results/models/{training_set}/{finder}.classes.json"),
    output:
        scores="results/{mosaic}/classes/{finder}.csv",
        confusion="results/{mosaic}/classes/{finder}.confusion.csv",
    log:
        "logs/evaluate_classes/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/evaluate_classes/{mosaic}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(source_classes.finders_by("truth")),
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("evaluate_classes", planned(work.on_mosaic)),
        runtime=time_of("evaluate_classes", planned(work.on_mosaic)),
    params:
        boxes=given(plan.sheet_row, "train_box", "validation_box"),
        radius_pixels=planned(sizes.radius),
        truth_rms=config["evaluation"]["truth_rms"],
        snr=config["snr"],
        seed=config["evaluation"]["seed"],
        code=digest_of("evaluate_classes"),
    message:
        "Scoring the classes of the sources of {wildcards.finder} in {wildcards.mosaic}"
    script:
        "../scripts/evaluate_classes.py"
