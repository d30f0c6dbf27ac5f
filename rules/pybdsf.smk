"""
Run PyBDSF on each tile with the noise map of the workflow.

Reads  the images named in the mosaic sheet, results/{mosaic}/noise/{tile}.fits
Makes  results/{mosaic}/detections/{finder}/{tile}.parquet and {tile}.components.parquet (Gaussians)
"""


rule find_pybdsf:
    input:
        image=ancient(indexed_from_sheet("image")),
        tile=indexed("results/{mosaic}/tiles/{tile}.json"),
        noise=indexed("results/{mosaic}/noise/{tile}.fits"),
    output:
        detections="results/{mosaic}/detections/{finder}/{tile}.parquet",
        components="results/{mosaic}/detections/{finder}/{tile}.components.parquet",
    log:
        "logs/find_pybdsf/{mosaic}/{finder}/{tile}.log",
    benchmark:
        "benchmarks/find_pybdsf/{mosaic}/{finder}/{tile}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("pybdsf")),
    conda:
        "../envs/pybdsf.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("find_pybdsf"),
        runtime=time_of("find_pybdsf"),
    params:
        header=row_of_sheet("beam", "frequency_hz"),
        settings=finder_settings,
        rms_box=[config["noise"]["box_pixels"], config["noise"]["step_pixels"]],
        code=digest_of("find_pybdsf"),
    message:
        "Finding sources in tile {wildcards.tile} of {wildcards.mosaic} with PyBDSF ({wildcards.finder})"
    script:
        "../scripts/find_pybdsf.py"
