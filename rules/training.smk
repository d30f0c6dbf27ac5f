"""
Train networks on the boxes of the training sets.

Reads  the images, primary beams and truth catalogues named in the mosaic sheet, results/{mosaic}/noise/{tile}.fits
Makes  results/models/{training_set}/{finder}.patches.h5, {finder}.keras and {finder}.json (how it was trained)

Training, and what it needs, has priority over the searches of tiles: it takes long, and the search with the network
waits for it.
"""


rule cut_patches:
    input:
        images=ancient(planned(training.files, "image")),
        primary_beams=planned(training.files, "primary_beam"),
        truths=planned(training.files, "truth"),
        tiles=each("results/{mosaic}/tiles/{tile}.json", training.tiles),
        noise=each("results/{mosaic}/noise/{tile}.fits", training.tiles),
    output:
        patches="results/models/{training_set}/{finder}.patches.h5",
    log:
        "logs/cut_patches/{training_set}/{finder}.log",
    benchmark:
        "benchmarks/cut_patches/{training_set}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("convosource")),
    priority: 1
    conda:
        "../envs/network.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("cut_patches", planned(work.on_boxes)),
        runtime=time_of("cut_patches", planned(work.on_boxes)),
    params:
        mosaics=planned(
            training.grounds, "results/{mosaic}/tiles/{tile}.json", "results/{mosaic}/noise/{tile}.fits"
        ),
        settings=given(plan.settings, "train_snr", "train_rms", "stride_pixels"),
        stamps=planned(training.stamps),
        code=digest_of("cut_patches"),
    message:
        "Cutting the patches of {wildcards.training_set} for {wildcards.finder}"
    script:
        "../scripts/cut_patches.py"


rule train_convosource:
    input:
        patches=indexed("results/models/{training_set}/{finder}.patches.h5"),
        start=planned(plan.start_files),
    output:
        network="results/models/{training_set}/{finder}.keras",
        record="results/models/{training_set}/{finder}.json",
    log:
        "logs/train_convosource/{training_set}/{finder}.log",
    benchmark:
        "benchmarks/train_convosource/{training_set}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("convosource")),
    priority: 1
    conda:
        "../envs/network.yaml"
    threads: given(plan.setting, "training_threads")
    resources:
        mem_mb=memory_of("train_convosource", planned(work.on_boxes)),
        runtime=time_of("train_convosource", planned(work.on_boxes)),
    params:
        settings=given(
            plan.settings,
            "recipe",
            "train_snr",
            "augment",
            "epochs",
            "batches_per_epoch",
            "seed",
            "training_threads",
            "precision",
        ),
        radii=planned(sizes.radii, training.validated),
        code=digest_of("train_convosource"),
    message:
        "Training {wildcards.finder} on {wildcards.training_set}"
    script:
        "../scripts/train_convosource.py"
