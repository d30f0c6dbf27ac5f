"""
Find the local maxima of each tile of a block: the baseline that every finder must beat.

Reads  the images named in the mosaic sheet, results/{mosaic}/noise/{tile}.fits
Makes  results/{mosaic}/detections/{finder}/{block}.parquet
"""


rule find_peaks:
    input:
        image=ancient(indexed_from_sheet("image")),
        tiles=of_tiles_in_block("results/{mosaic}/tiles/{tile}.json"),
        noise=of_tiles_in_block("results/{mosaic}/noise/{tile}.fits"),
    output:
        detections="results/{mosaic}/detections/{finder}/{block}.parquet",
    log:
        "logs/find_peaks/{mosaic}/{finder}/{block}.log",
    benchmark:
        "benchmarks/find_peaks/{mosaic}/{finder}/{block}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("peaks")),
    conda:
        "../envs/images.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("find_peaks"),
        runtime=time_of("find_peaks"),
    params:
        header=row_of_sheet("beam", "frequency_hz", "plane"),
        settings=finder_settings,
        code=digest_of("find_peaks"),
    message:
        "Finding peaks in {wildcards.block} of {wildcards.mosaic} ({wildcards.finder})"
    script:
        "../scripts/find_peaks.py"
