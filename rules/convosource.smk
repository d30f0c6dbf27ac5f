"""
Find sources on each tile of a block with a trained network.

Reads  the images named in the mosaic sheet, results/{mosaic}/noise/{tile}.fits, results/models/{training_set}/{finder}.*
Makes  results/{mosaic}/detections/{finder}/{block}.parquet, on request results/{mosaic}/probability/{finder}/{tile}.fits
"""


rule find_convosource:
    input:
        image=ancient(indexed_from_sheet("image")),
        tiles=of_tiles_in_block("results/{mosaic}/tiles/{tile}.json"),
        noise=of_tiles_in_block("results/{mosaic}/noise/{tile}.fits"),
        network=network_of(".keras"),
        record=network_of(".json"),
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
    threads: setting("threads")
    resources:
        mem_mb=memory_of("find_convosource"),
        runtime=time_of("find_convosource"),
    params:
        header=row_of_sheet("beam", "frequency_hz", "plane"),
        settings=settings_of("train_snr", "precision", "threads", "lowest_score", "flux_scale"),
        stamps=stamps_of_model,
        code=digest_of("find_convosource"),
    message:
        "Finding sources in {wildcards.block} of {wildcards.mosaic} with a network ({wildcards.finder})"
    script:
        "../scripts/find_convosource.py"


rule map_probability:
    input:
        image=ancient(indexed_from_sheet("image")),
        tile=indexed("results/{mosaic}/tiles/{tile}.json"),
        noise=indexed("results/{mosaic}/noise/{tile}.fits"),
        network=network_of(".keras"),
        record=network_of(".json"),
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
    threads: setting("threads")
    resources:
        mem_mb=memory_of("map_probability"),
        runtime=time_of("map_probability"),
    params:
        header=row_of_sheet("beam", "frequency_hz", "plane"),
        settings=settings_of("train_snr", "precision", "threads"),
        stamps=stamps_of_model,
        code=digest_of("map_probability"),
    message:
        "Mapping the probability of sources in tile {wildcards.tile} of {wildcards.mosaic} ({wildcards.finder})"
    script:
        "../scripts/map_probability.py"
