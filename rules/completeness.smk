"""
Measure completeness and reliability of a mosaic without truth.

Reads  results/{mosaic}/injections/{finder}/{realisation}/{block}.parquet, results/{mosaic}/negated/{finder}/{block}.parquet,
       results/{mosaic}/noise/{tile}.fits, results/{mosaic}/catalogues/{finder}.parquet
Makes  results/{mosaic}/completeness/{finder}.csv and .parquet, results/{mosaic}/reliability/{finder}.csv
"""


rule measure_completeness:
    input:
        injected=each(
            "results/{mosaic}/injections/{finder}/{realisation}/{block}.parquet",
            injections.searches,
        ),
        noise=each("results/{mosaic}/noise/{tile}.fits", plan.live_tiles),
        tiles=each("results/{mosaic}/tiles/{tile}.json", plan.live_tiles),
        catalogue=indexed("results/{mosaic}/catalogues/{finder}.parquet"),
        image=ancient(planned(plan.file, "image")),
    output:
        completeness="results/{mosaic}/completeness/{finder}.csv",
        sources="results/{mosaic}/completeness/{finder}.parquet",
    log:
        "logs/measure_completeness/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/measure_completeness/{mosaic}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(injections.injected_by()),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("measure_completeness", planned(work.on_mosaic)),
        runtime=time_of("measure_completeness", planned(work.on_mosaic)),
    params:
        image=plan.image_source,
        realisations=[int(number) for number in injections.realisations],
        sources=injections.sources,
        radius_pixels=planned(sizes.radius),
        code=digest_of("measure_completeness"),
    message:
        "Measuring the completeness of {wildcards.finder} in {wildcards.mosaic}"
    script:
        "../scripts/measure_completeness.py"


rule measure_reliability:
    input:
        negated=each("results/{mosaic}/negated/{finder}/{block}.parquet", plan.blocks),
        tiles=each("results/{mosaic}/tiles/{tile}.json", plan.live_tiles),
        catalogue=indexed("results/{mosaic}/catalogues/{finder}.parquet"),
        image=ancient(planned(plan.file, "image")),
    output:
        reliability="results/{mosaic}/reliability/{finder}.csv",
    log:
        "logs/measure_reliability/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/measure_reliability/{mosaic}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(injections.negated_by()),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("measure_reliability", planned(work.on_mosaic)),
        runtime=time_of("measure_reliability", planned(work.on_mosaic)),
    params:
        image=plan.image_source,
        code=digest_of("measure_reliability"),
    message:
        "Measuring the reliability of {wildcards.finder} in {wildcards.mosaic}"
    script:
        "../scripts/measure_reliability.py"
