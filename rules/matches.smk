"""
Cross-match the catalogues to the truth.

Reads  the truth catalogues and primary beams of the mosaic sheet, results/{mosaic}/noise/{tile}.fits,
       results/{mosaic}/catalogues/{finder}.parquet
Makes  results/{mosaic}/truth.parquet (the truth on the mosaic, with its apparent flux and noise),
       results/cuts/{training_set}/{finder}.json, results/{mosaic}/matches/{finder}.parquet
"""


rule place_truth:
    input:
        truth=planned(plan.file, "truth"),
        image=ancient(planned(plan.file, "image")),
        primary_beam=planned(plan.file, "primary_beam"),
        noise=each("results/{mosaic}/noise/{tile}.fits", plan.live_tiles),
        tiles=each("results/{mosaic}/tiles/{tile}.json", plan.live_tiles),
    output:
        truth="results/{mosaic}/truth.parquet",
    log:
        "logs/place_truth/{mosaic}.log",
    benchmark:
        "benchmarks/place_truth/{mosaic}.tsv"
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("place_truth", planned(work.on_mosaic)),
        runtime=time_of("place_truth", planned(work.on_mosaic)),
    params:
        image=plan.image_source,
        truth=given(plan.sheet_row, "truth_format"),
        stamps=given(plan.file_stamps, "truth", "primary_beam"),
        code=digest_of("place_truth"),
    message:
        "Placing the truth on {wildcards.mosaic}"
    script:
        "../scripts/place_truth.py"


rule tune_cuts:
    input:
        truths=each("results/{mosaic}/truth.parquet", training.validated),
        patches=each("results/{mosaic}/patches.parquet", training.validated),
        catalogues=each("results/{mosaic}/catalogues/{finder}.parquet", training.validated),
    output:
        cuts="results/cuts/{training_set}/{finder}.json",
    log:
        "logs/tune_cuts/{training_set}/{finder}.log",
    benchmark:
        "benchmarks/tune_cuts/{training_set}/{finder}.tsv"
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("tune_cuts", planned(work.on_boxes)),
        runtime=time_of("tune_cuts", planned(work.on_boxes)),
    params:
        boxes=planned(training.validated_boxes),
        snr=config["snr"],
        radii=planned(sizes.radii, training.validated),
        truth_rms=config["evaluation"]["truth_rms"],
        code=digest_of("tune_cuts"),
    message:
        "Tuning the cuts of {wildcards.finder} on the validation boxes of {wildcards.training_set}"
    script:
        "../scripts/tune_cuts.py"


rule match_catalogue:
    input:
        truth=indexed("results/{mosaic}/truth.parquet"),
        patches=indexed("results/{mosaic}/patches.parquet"),
        catalogue=indexed("results/{mosaic}/catalogues/{finder}.parquet"),
        cuts=indexed("results/cuts/{training_set}/{finder}.json"),
    output:
        matches="results/{mosaic}/matches/{finder}.parquet",
    log:
        "logs/match_catalogue/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/match_catalogue/{mosaic}/{finder}.tsv"
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("match_catalogue", planned(work.on_mosaic)),
        runtime=time_of("match_catalogue", planned(work.on_mosaic)),
    params:
        boxes=given(plan.sheet_row, "train_box", "validation_box"),
        snr=config["snr"],
        radius_pixels=planned(sizes.radius),
        truth_rms=config["evaluation"]["truth_rms"],
        code=digest_of("match_catalogue"),
    message:
        "Matching {wildcards.finder} to the truth of {wildcards.mosaic}"
    script:
        "../scripts/match_catalogue.py"
