"""
Find the local maxima of each tile: the baseline that every finder must beat.

Reads  the images named in the mosaic sheet, results/{mosaic}/noise/{tile}.fits
Makes  results/{mosaic}/detections/{finder}/{tile}.parquet
"""


rule find_peaks:
    input:
        image=ancient(indexed_from_sheet("image")),
        tile=indexed("results/{mosaic}/tiles/{tile}.json"),
        noise=indexed("results/{mosaic}/noise/{tile}.fits"),
    output:
        detections="results/{mosaic}/detections/{finder}/{tile}.parquet",
    log:
        "logs/find_peaks/{mosaic}/{finder}/{tile}.log",
    benchmark:
        "benchmarks/find_peaks/{mosaic}/{finder}/{tile}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("peaks")),
    conda:
        "../envs/images.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("find_peaks"),
        runtime=time_of("find_peaks"),
    params:
        header=row_of_sheet("beam", "frequency_hz"),
        settings=finder_settings,
        code=digest_of("find_peaks"),
    message:
        "Finding peaks in tile {wildcards.tile} of {wildcards.mosaic} ({wildcards.finder})"
    script:
        "../scripts/find_peaks.py"
