"""
Make labelled cutouts, train classifiers on them and compare them.

Reads  HDF5 files named in the configuration; images and results/{mosaic}/catalogues/{finder}.parquet
Makes  results/classifiers/{dataset}/cutouts.h5; and in results/classifiers/{dataset}/{network}/ members/{member}.*,
       model.* (all members as one), metrics.csv, confusion.csv, predictions.parquet, capsules.h5 (what they draw)
"""


rule copy_dataset:
    input:
        given=file_of_dataset,
    output:
        cutouts="results/classifiers/{dataset}/cutouts.h5",
    log:
        "logs/copy_dataset/{dataset}.log",
    benchmark:
        "benchmarks/copy_dataset/{dataset}.tsv"
    wildcard_constraints:
        dataset=plan.one_of(plan.classifiers.datasets_of("file")),
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("copy_dataset"),
        runtime=time_of("copy_dataset"),
    params:
        settings=dataset_settings,
        stamps=stamps_of_dataset,
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
        dataset=plan.one_of(plan.classifiers.datasets_of("simulated")),
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("simulate_dataset"),
        runtime=time_of("simulate_dataset"),
    params:
        settings=dataset_settings,
        code=digest_of("simulate_dataset"),
    message:
        "Simulating the data set {wildcards.dataset}"
    script:
        "../scripts/simulate_dataset.py"


rule cut_dataset:
    input:
        images=ancient(image_files),
        catalogues=catalogues_of_dataset,
        components=components_of_dataset,
    output:
        cutouts="results/classifiers/{dataset}/cutouts.h5",
    log:
        "logs/cut_dataset/{dataset}.log",
    benchmark:
        "benchmarks/cut_dataset/{dataset}.tsv"
    wildcard_constraints:
        dataset=plan.one_of(plan.classifiers.datasets_of(*KINDS_OF_CATALOGUES)),
    conda:
        "../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("cut_dataset"),
        runtime=time_of("cut_dataset"),
    params:
        mosaics=images_of_mosaics,
        kind=kind_of_dataset,
        settings=dataset_settings,
        code=digest_of("cut_dataset"),
    message:
        "Cutting the data set {wildcards.dataset} out of the mosaics"
    script:
        "../scripts/cut_dataset.py"


rule train_classifier:
    input:
        cutouts=of_dataset("results/classifiers/{dataset}/cutouts.h5"),
        weights=weights_of_network,
    output:
        network="results/classifiers/{dataset}/{network}/members/{member}.keras",
        record="results/classifiers/{dataset}/{network}/members/{member}.json",
    log:
        "logs/train_classifier/{dataset}/{network}/{member}.log",
    benchmark:
        "benchmarks/train_classifier/{dataset}/{network}/{member}.tsv"
    conda:
        "../envs/network.yaml"
    threads: training_threads
    resources:
        mem_mb=memory_of("train_classifier"),
        runtime=time_of("train_classifier"),
    params:
        settings=member_settings,
        numbers=member_numbers,
        stamps=stamps_of_weights,
        code=digest_of("train_classifier"),
    message:
        "Training {wildcards.network} on {wildcards.dataset} ({wildcards.member})"
    script:
        "../scripts/train_classifier.py"


rule evaluate_classifier:
    input:
        cutouts=of_dataset("results/classifiers/{dataset}/cutouts.h5"),
        networks=of_members("results/classifiers/{dataset}/{network}/members/{member}.keras"),
        records=of_members("results/classifiers/{dataset}/{network}/members/{member}.json"),
    output:
        network="results/classifiers/{dataset}/{network}/model.keras",
        record="results/classifiers/{dataset}/{network}/model.json",
        metrics="results/classifiers/{dataset}/{network}/metrics.csv",
        confusion="results/classifiers/{dataset}/{network}/confusion.csv",
        predictions="results/classifiers/{dataset}/{network}/predictions.parquet",
        views="results/classifiers/{dataset}/{network}/capsules.h5",
    log:
        "logs/evaluate_classifier/{dataset}/{network}.log",
    benchmark:
        "benchmarks/evaluate_classifier/{dataset}/{network}.tsv"
    conda:
        "../envs/network.yaml"
    threads: training_threads
    resources:
        mem_mb=memory_of("evaluate_classifier"),
        runtime=time_of("evaluate_classifier"),
    params:
        members=names_of_members,
        settings=threads_of_members,
        mask_rms=mask_of_dataset,
        seed=config["evaluation"]["seed"],
        code=digest_of("evaluate_classifier"),
    message:
        "Evaluating {wildcards.network} on {wildcards.dataset}"
    script:
        "../scripts/evaluate_classifier.py"
