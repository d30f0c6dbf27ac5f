"""
Find sources on each tile of a block with a trained network.

Reads  the images named in the mosaic sheet, results/{mosaic}/noise/{tile}.fits, results/models/{training_set}/{finder}.*
Makes  results/{mosaic}/detections/{finder}/{block}.parquet, on request results/{mosaic}/probability/{finder}/{tile}.fits,
       results/models/{training_set}/{finder}.calibration.json (for the general network; from the simulated mosaic)
"""


rule find_convosource:
    input:
        image=ancient(planned(plan.file, "image")),
        tiles=each("results/{mosaic}/tiles/{tile}.json", plan.tiles_of_block),
        noise=each("results/{mosaic}/noise/{tile}.fits", plan.tiles_of_block),
        network=planned(plan.model, "results/models/{training_set}/{finder}.keras"),
        record=planned(plan.model, "results/models/{training_set}/{finder}.json"),
    output:
        detections="results/{mosaic}/detections/{finder}/{block}.parquet",
    log:
        "logs/find_convosource/{mosaic}/{finder}/{block}.log",
    benchmark:
        "benchmarks/find_convosource/{mosaic}/{finder}/{block}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("convosource")),
    conda:
        "../envs/network.yaml"
    threads: given(plan.setting, "threads")
    resources:
        mem_mb=memory_of("find_convosource", planned(work.on_block)),
        runtime=time_of("find_convosource", planned(work.on_block)),
    params:
        image=plan.image_source,
        settings=given(plan.settings, "train_snr", "precision", "threads", "lowest_score", "flux_scale"),
        stamps=plan.model_stamps,
        code=digest_of("find_convosource"),
    message:
        "Finding sources in {wildcards.block} of {wildcards.mosaic} with a network ({wildcards.finder})"
    script:
        "../scripts/find_convosource.py"


rule calibrate_scores:
    input:
        detections=each(
            "results/{training_set}-simulated/detections/{finder}/{block}.parquet",
            training.simulated_blocks,
        ),
        tiles=each(
            "results/{training_set}-simulated/tiles/{tile}.json",
            training.simulated_tiles,
        ),
        truth=indexed("results/{training_set}-simulated/truth.parquet"),
        sky=indexed("results/models/{training_set}/sky.json"),
    output:
        calibration="results/models/{training_set}/{finder}.calibration.json",
    log:
        "logs/calibrate_scores/{training_set}/{finder}.log",
    benchmark:
        "benchmarks/calibrate_scores/{training_set}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(training.calibrated_finders),
    priority: 1
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("calibrate_scores", planned(work.on_boxes)),
        runtime=time_of("calibrate_scores", planned(work.on_boxes)),
    params:
        boxes=planned(training.simulated_boxes),
        snr_min=given(plan.setting, "train_snr"),
        radius_pixels=planned(training.simulated_radius, sizes.radius),
        code=digest_of("calibrate_scores"),
    message:
        "Calibrating the scores of {wildcards.finder} on a sky like {wildcards.training_set}"
    script:
        "../scripts/calibrate_scores.py"


rule map_probability:
    input:
        image=ancient(planned(plan.file, "image")),
        tile=indexed("results/{mosaic}/tiles/{tile}.json"),
        noise=indexed("results/{mosaic}/noise/{tile}.fits"),
        network=planned(plan.model, "results/models/{training_set}/{finder}.keras"),
        record=planned(plan.model, "results/models/{training_set}/{finder}.json"),
    output:
        probability="results/{mosaic}/probability/{finder}/{tile}.fits",
    log:
        "logs/map_probability/{mosaic}/{finder}/{tile}.log",
    benchmark:
        "benchmarks/map_probability/{mosaic}/{finder}/{tile}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("convosource")),
    conda:
        "../envs/network.yaml"
    threads: given(plan.setting, "threads")
    resources:
        mem_mb=memory_of("map_probability", planned(work.on_tile)),
        runtime=time_of("map_probability", planned(work.on_tile)),
    params:
        image=plan.image_source,
        settings=given(plan.settings, "train_snr", "precision", "threads"),
        stamps=plan.model_stamps,
        code=digest_of("map_probability"),
    message:
        "Mapping the probability of sources in tile {wildcards.tile} of {wildcards.mosaic} ({wildcards.finder})"
    script:
        "../scripts/map_probability.py"
