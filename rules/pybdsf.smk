"""
Run PyBDSF on each tile of a block, with the noise map measured by the workflow.

Reads  the images named in the mosaic sheet, results/{mosaic}/noise/{tile}.fits
Makes  results/{mosaic}/detections/{finder}/{block}.parquet and {block}.components.parquet (Gaussians)
"""


rule find_pybdsf:
    input:
        image=ancient(planned(plan.file, "image")),
        tiles=each("results/{mosaic}/tiles/{tile}.json", plan.tiles_of_block),
        noise=each("results/{mosaic}/noise/{tile}.fits", plan.tiles_of_block),
    output:
        detections="results/{mosaic}/detections/{finder}/{block}.parquet",
        components="results/{mosaic}/detections/{finder}/{block}.components.parquet",
    log:
        "logs/find_pybdsf/{mosaic}/{finder}/{block}.log",
    benchmark:
        "benchmarks/find_pybdsf/{mosaic}/{finder}/{block}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("pybdsf")),
    conda:
        "../envs/pybdsf.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("find_pybdsf", planned(work.on_block)),
        runtime=time_of("find_pybdsf", planned(work.on_block)),
    params:
        image=plan.image_source,
        settings=plan.finder_settings,
        rms_box=planned(sizes.rms_box),
        code=digest_of("find_pybdsf"),
    message:
        "Finding sources in {wildcards.block} of {wildcards.mosaic} with PyBDSF ({wildcards.finder})"
    script:
        "../scripts/find_pybdsf.py"
