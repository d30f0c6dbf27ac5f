"""
Train classifiers on labelled cutouts and compare them.

Reads  results/classifiers/{dataset}/cutouts.h5
Makes  in results/classifiers/{dataset}/{network}/ members/{member}.*, model.* (the ensemble of all members),
       metrics.csv, confusion.csv, predictions.parquet, capsules.h5 (reconstructions of capsule networks)

Training has priority, as in training.smk.
"""


rule train_classifier:
    input:
        cutouts=of_dataset("results/classifiers/{dataset}/cutouts.h5"),
        weights=classifiers.weights,
    output:
        network="results/classifiers/{dataset}/{network}/members/{member}.keras",
        record="results/classifiers/{dataset}/{network}/members/{member}.json",
    log:
        "logs/train_classifier/{dataset}/{network}/{member}.log",
    benchmark:
        "benchmarks/train_classifier/{dataset}/{network}/{member}.tsv"
    priority: 1
    conda:
        "../envs/network.yaml"
    threads: classifiers.threads
    resources:
        mem_mb=memory_of("train_classifier", work.on_epochs),
        runtime=time_of("train_classifier", work.on_epochs),
    params:
        settings=classifiers.member_settings,
        numbers=classifiers.seed_and_fold,
        stamps=classifiers.weights_stamps,
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
    threads: classifiers.threads
    resources:
        mem_mb=memory_of("evaluate_classifier", work.on_network),
        runtime=time_of("evaluate_classifier", work.on_network),
    params:
        members=classifiers.members,
        n_threads=classifiers.threads,
        mask_rms=classifiers.mask_rms,
        seed=config["evaluation"]["seed"],
        code=digest_of("evaluate_classifier"),
    message:
        "Evaluating {wildcards.network} on {wildcards.dataset}"
    script:
        "../scripts/evaluate_classifier.py"
