"""
Make data sets of labelled cutouts.

Reads  HDF5 files named in the configuration; images and results/{mosaic}/catalogues/{finder}.parquet
Makes  results/classifiers/{dataset}/cutouts.h5
"""


rule copy_dataset:
    input:
        given=classifiers.dataset_file,
    output:
        cutouts="results/classifiers/{dataset}/cutouts.h5",
    log:
        "logs/copy_dataset/{dataset}.log",
    benchmark:
        "benchmarks/copy_dataset/{dataset}.tsv"
    wildcard_constraints:
        dataset=plan.one_of(classifiers.datasets_of("file")),
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("copy_dataset", nothing),
        runtime=time_of("copy_dataset", nothing),
    params:
        settings=classifiers.dataset_settings,
        stamps=classifiers.dataset_stamps,
        code=digest_of("copy_dataset"),
    message:
        "Checking and splitting the data set {wildcards.dataset}"
    script:
        "../scripts/copy_dataset.py"


rule simulate_dataset:
    output:
        cutouts="results/classifiers/{dataset}/cutouts.h5",
    log:
        "logs/simulate_dataset/{dataset}.log",
    benchmark:
        "benchmarks/simulate_dataset/{dataset}.tsv"
    wildcard_constraints:
        dataset=plan.one_of(classifiers.datasets_of("simulated")),
    priority: 1
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("simulate_dataset", work.on_dataset),
        runtime=time_of("simulate_dataset", work.on_dataset),
    params:
        settings=classifiers.dataset_settings,
        code=digest_of("simulate_dataset"),
    message:
        "Simulating the data set {wildcards.dataset}"
    script:
        "../scripts/simulate_dataset.py"


rule cut_dataset:
    input:
        images=ancient(planned(plan.image_files)),
        catalogues=each("results/{mosaic}/catalogues/{finder}.parquet", classifiers.catalogues),
        components=each("results/{mosaic}/catalogues/components/{finder}.parquet", classifiers.components),
    output:
        cutouts="results/classifiers/{dataset}/cutouts.h5",
    log:
        "logs/cut_dataset/{dataset}.log",
    benchmark:
        "benchmarks/cut_dataset/{dataset}.tsv"
    wildcard_constraints:
        dataset=plan.one_of(classifiers.datasets_of("components", "morphology")),
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("cut_dataset", work.on_dataset),
        runtime=time_of("cut_dataset", work.on_dataset),
    params:
        mosaics=planned(plan.images),
        kind=classifiers.kind_of_dataset,
        settings=classifiers.dataset_settings,
        code=digest_of("cut_dataset"),
    message:
        "Cutting the data set {wildcards.dataset} from the mosaics"
    script:
        "../scripts/cut_dataset.py"
