"""
Measure mean and noise on one lattice for all finders.

Reads  the images named in the mosaic sheet
Makes  results/{mosaic}/noise/{tile}.fits (mean and rms, Jy/beam), results/{mosaic}/patches.parquet
       and results/survey/rms/{mosaic}.fits (rms of the whole mosaic)
"""


rule measure_noise:
    input:
        image=ancient(planned(plan.file, "image")),
        tile=indexed("results/{mosaic}/tiles/{tile}.json"),
    output:
        noise="results/{mosaic}/noise/{tile}.fits",
    log:
        "logs/measure_noise/{mosaic}/{tile}.log",
    benchmark:
        "benchmarks/measure_noise/{mosaic}/{tile}.tsv"
    priority: 1
    conda:
        "../envs/images.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("measure_noise", planned(work.on_tile)),
        runtime=time_of("measure_noise", planned(work.on_tile)),
    params:
        image=plan.image_source,
        noise=planned(sizes.noise),
        code=digest_of("measure_noise"),
    message:
        "Measuring the noise of tile {wildcards.tile} of {wildcards.mosaic}"
    script:
        "../scripts/measure_noise.py"


rule summarise_noise:
    input:
        image=ancient(planned(plan.file, "image")),
        noise=each("results/{mosaic}/noise/{tile}.fits", plan.live_tiles),
        tiles=each("results/{mosaic}/tiles/{tile}.json", plan.live_tiles),
    output:
        patches="results/{mosaic}/patches.parquet",
    log:
        "logs/summarise_noise/{mosaic}.log",
    benchmark:
        "benchmarks/summarise_noise/{mosaic}.tsv"
    conda:
        "../envs/images.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("summarise_noise", planned(work.on_mosaic)),
        runtime=time_of("summarise_noise", planned(work.on_mosaic)),
    params:
        image=plan.image_source,
        box_pixels=planned(sizes.noise_box),
        code=digest_of("summarise_noise"),
    message:
        "Summarising the noise of {wildcards.mosaic}"
    script:
        "../scripts/summarise_noise.py"


rule map_rms:
    input:
        image=ancient(planned(plan.file, "image")),
        noise=each("results/{mosaic}/noise/{tile}.fits", plan.live_tiles),
        tiles=each("results/{mosaic}/tiles/{tile}.json", plan.live_tiles),
    output:
        rms="results/survey/rms/{mosaic}.fits",
    log:
        "logs/map_rms/{mosaic}.log",
    benchmark:
        "benchmarks/map_rms/{mosaic}.tsv"
    conda:
        "../envs/images.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("map_rms", planned(work.on_mosaic)),
        runtime=time_of("map_rms", planned(work.on_mosaic)),
    params:
        image=plan.image_source,
        code=digest_of("map_rms"),
    message:
        "Mapping the rms of {wildcards.mosaic}"
    script:
        "../scripts/map_rms.py"
