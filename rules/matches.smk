"""
Cross-match the catalogues to the truth.

Reads  the truth catalogues and primary beams of the mosaic sheet, results/{mosaic}/noise/{tile}.fits,
       results/{mosaic}/catalogues/{finder}.parquet
Makes  results/{mosaic}/truth.parquet (the truth that lies on the mosaic, with its apparent flux and noise),
       results/cuts/{training_set}/{finder}.json, results/{mosaic}/matches/{finder}.parquet
"""


rule place_truth:
    input:
        truth=indexed_from_sheet("truth"),
        image=ancient(indexed_from_sheet("image")),
        primary_beam=indexed_from_sheet("primary_beam"),
        noise=of_live_tiles("results/{mosaic}/noise/{tile}.fits"),
        tiles=of_live_tiles("results/{mosaic}/tiles/{tile}.json"),
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
        mem_mb=memory_of("place_truth"),
        runtime=time_of("place_truth"),
    params:
        header=row_of_sheet("beam", "frequency_hz", "plane"),
        truth=row_of_sheet("truth_format"),
        stamps=stamps_of("truth", "primary_beam"),
        code=digest_of("place_truth"),
    message:
        "Placing the truth on {wildcards.mosaic}"
    script:
        "../scripts/place_truth.py"


rule tune_cuts:
    input:
        truths=of_validated_mosaics("results/{mosaic}/truth.parquet"),
        patches=of_validated_mosaics("results/{mosaic}/patches.parquet"),
        catalogues=of_validated_mosaics("results/{mosaic}/catalogues/{finder}.parquet"),
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
        mem_mb=memory_of("tune_cuts"),
        runtime=time_of("tune_cuts"),
    params:
        boxes=boxes_of_training_set,
        snr=config["snr"],
        radius_pixels=config["match"]["radius_pixels"],
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
        cuts=of_own_training_set("results/cuts/{training_set}/{finder}.json"),
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
        mem_mb=memory_of("match_catalogue"),
        runtime=time_of("match_catalogue"),
    params:
        boxes=row_of_sheet("train_box", "validation_box"),
        snr=config["snr"],
        radius_pixels=config["match"]["radius_pixels"],
        truth_rms=config["evaluation"]["truth_rms"],
        code=digest_of("match_catalogue"),
    message:
        "Matching {wildcards.finder} to the truth of {wildcards.mosaic}"
    script:
        "../scripts/match_catalogue.py"
