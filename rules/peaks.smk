"""
Find the local maxima in each tile of a block: the baseline that every finder must beat.

Reads  the images named in the mosaic sheet, results/{mosaic}/noise/{tile}.fits
Makes  results/{mosaic}/detections/{finder}/{block}.parquet
"""


rule find_peaks:
    input:
        image=ancient(planned(plan.file, "image")),
        tiles=each("results/{mosaic}/tiles/{tile}.json", plan.tiles_of_block),
        noise=each("results/{mosaic}/noise/{tile}.fits", plan.tiles_of_block),
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
        mem_mb=memory_of("find_peaks", planned(work.on_block)),
        runtime=time_of("find_peaks", planned(work.on_block)),
    params:
        image=plan.image_source,
        settings=plan.finder_settings,
        code=digest_of("find_peaks"),
    message:
        "Finding peaks in {wildcards.block} of {wildcards.mosaic} ({wildcards.finder})"
    script:
        "../scripts/find_peaks.py"
