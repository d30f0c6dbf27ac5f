"""
Pool completeness and reliability of the mosaics of a survey, and tell by what its fluxes are to be corrected.

Reads  results/{mosaic}/completeness/{finder}.parquet, results/{mosaic}/reliability/{finder}.csv,
       results/{mosaic}/catalogues/{finder}.parquet
Makes  results/survey/completeness/{finder}.csv, results/survey/reliability/{finder}.csv,
       results/survey/flux_correction/{finder}.csv, by which merge_survey corrects fluxes
"""


rule pool_completeness:
    input:
        sources=each("results/{mosaic}/completeness/{finder}.parquet", survey.members),
    output:
        completeness="results/survey/completeness/{finder}.csv",
    log:
        "logs/pool_completeness/{finder}.log",
    benchmark:
        "benchmarks/pool_completeness/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(injections.injected_by()),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("pool_completeness", planned(work.on_survey)),
        runtime=time_of("pool_completeness", planned(work.on_survey)),
    params:
        code=digest_of("pool_completeness"),
    message:
        "Pooling the completeness of {wildcards.finder} in the survey"
    script:
        "../scripts/pool_completeness.py"


rule calibrate_fluxes:
    input:
        sources=each("results/{mosaic}/completeness/{finder}.parquet", survey.members),
        catalogues=each("results/{mosaic}/catalogues/{finder}.parquet", survey.members),
    output:
        correction="results/survey/flux_correction/{finder}.csv",
    log:
        "logs/calibrate_fluxes/{finder}.log",
    benchmark:
        "benchmarks/calibrate_fluxes/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(injections.injected_by()),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("calibrate_fluxes", planned(work.on_survey)),
        runtime=time_of("calibrate_fluxes", planned(work.on_survey)),
    params:
        injected=injections.distribution,
        code=digest_of("calibrate_fluxes"),
    message:
        "Calibrating the fluxes of {wildcards.finder} in the survey"
    script:
        "../scripts/calibrate_fluxes.py"


rule pool_reliability:
    input:
        reliabilities=each("results/{mosaic}/reliability/{finder}.csv", survey.members),
    output:
        reliability="results/survey/reliability/{finder}.csv",
    log:
        "logs/pool_reliability/{finder}.log",
    benchmark:
        "benchmarks/pool_reliability/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(injections.negated_by()),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("pool_reliability", planned(work.on_survey)),
        runtime=time_of("pool_reliability", planned(work.on_survey)),
    params:
        code=digest_of("pool_reliability"),
    message:
        "Pooling the reliability of {wildcards.finder} in the survey"
    script:
        "../scripts/pool_reliability.py"
