"""
Measure the spectral indices of sources in mosaics of one field at different frequencies.

Reads  results/{mosaic}/catalogues/{finder}.parquet of mosaics with the same `field` in the sheet
Makes  results/{mosaic}/spectral_index/{finder}.parquet and .fits
"""


rule measure_spectral_index:
    input:
        catalogue=indexed("results/{mosaic}/catalogues/{finder}.parquet"),
        others=each("results/{mosaic}/catalogues/{finder}.parquet", source_classes.partners),
        image=ancient(planned(plan.file, "image")),
    output:
        indices="results/{mosaic}/spectral_index/{finder}.parquet",
        table="results/{mosaic}/spectral_index/{finder}.fits",
    log:
        "logs/measure_spectral_index/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/measure_spectral_index/{mosaic}/{finder}.tsv"
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("measure_spectral_index", planned(work.on_mosaic)),
        runtime=time_of("measure_spectral_index", planned(work.on_mosaic)),
    params:
        image=plan.image_source,
        code=digest_of("measure_spectral_index"),
    message:
        "Measuring spectral indices of {wildcards.finder} in {wildcards.mosaic}"
    script:
        "../scripts/measure_spectral_index.py"
