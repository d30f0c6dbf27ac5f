"""
Train networks on the boxes of the training sets.

Reads  the images, primary beams and truth catalogues named in the mosaic sheet, results/{mosaic}/noise/{tile}.fits
Makes  results/models/{training_set}/{finder}.patches.h5, {finder}.keras and {finder}.json (how it was trained)
"""

TRAINING = (
    "recipe",
    "train_snr",
    "augment",
    "epochs",
    "batches_per_epoch",
    "seed",
    "training_threads",
    "precision",
)
"""Settings on which a network depends."""


rule cut_patches:
    input:
        images=ancient(of_trained_mosaics("image")),
        primary_beams=of_trained_mosaics("primary_beam"),
        truths=of_trained_mosaics("truth"),
        tiles=under_training_boxes("results/{mosaic}/tiles/{tile}.json"),
        noise=under_training_boxes("results/{mosaic}/noise/{tile}.fits"),
    output:
        patches="results/models/{training_set}/{finder}.patches.h5",
    log:
        "logs/cut_patches/{training_set}/{finder}.log",
    benchmark:
        "benchmarks/cut_patches/{training_set}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("convosource")),
    conda:
        "../envs/network.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("cut_patches"),
        runtime=time_of("cut_patches"),
    params:
        mosaics=grounds_of_training_set,
        settings=settings_of("train_snr", "train_rms", "stride_pixels"),
        stamps=stamps_of_training_set,
        code=digest_of("cut_patches"),
    message:
        "Cutting the patches of {wildcards.training_set} for {wildcards.finder}"
    script:
        "../scripts/cut_patches.py"


rule train_convosource:
    input:
        patches=indexed("results/models/{training_set}/{finder}.patches.h5"),
    output:
        network="results/models/{training_set}/{finder}.keras",
        record="results/models/{training_set}/{finder}.json",
    log:
        "logs/train_convosource/{training_set}/{finder}.log",
    benchmark:
        "benchmarks/train_convosource/{training_set}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("convosource")),
    conda:
        "../envs/network.yaml"
    threads: setting("training_threads")
    resources:
        mem_mb=memory_of("train_convosource"),
        runtime=time_of("train_convosource"),
    params:
        settings=settings_of(*TRAINING),
        radius_pixels=config["match"]["radius_pixels"],
        code=digest_of("train_convosource"),
    message:
        "Training {wildcards.finder} on {wildcards.training_set}"
    script:
        "../scripts/train_convosource.py"
