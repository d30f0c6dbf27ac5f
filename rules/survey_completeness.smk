"""
Pool completeness and reliability of the mosaics of a survey, and correct its fluxes and source counts by them.

Reads  results/{mosaic}/completeness/{finder}.parquet, results/{mosaic}/reliability/{finder}.csv,
       results/{mosaic}/catalogues/{finder}.parquet, and for the counts the survey, its areas and rms maps
Makes  results/survey/completeness/{finder}.csv, results/survey/reliability/{finder}.csv,
       results/survey/flux_correction/{finder}.csv, by which merge_survey corrects fluxes, and results/survey/counts/{finder}.csv
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


rule count_sources:
    input:
        survey=indexed("results/survey/{finder}.parquet"),
        catalogues=each("results/{mosaic}/catalogues/{folder}{finder}.parquet", survey.members),
        rms=each("results/survey/rms/{mosaic}.fits", survey.members),
        tiles=ancient(indexed("results/tiles.parquet")),
        regions=planned(survey.files, "region_file"),
        weights=planned(survey.files, "weight"),
        primary_beams=planned(survey.files, "primary_beam"),
        fakes=each("results/{mosaic}/completeness/{finder}.parquet", survey.members),
        completeness=indexed("results/survey/completeness/{finder}.csv"),
        reliability=each("results/survey/reliability/{finder}.csv", injections.if_negated),
        areas=indexed("results/survey/rms_area.csv"),
    output:
        counts="results/survey/counts/{finder}.csv",
    log:
        "logs/count_sources/{finder}.log",
    benchmark:
        "benchmarks/count_sources/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(injections.injected_by()),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("count_sources", planned(work.on_survey)),
        runtime=time_of("count_sources", planned(work.on_survey)),
    params:
        sheet=planned(survey.sheet_rows),
        beams=planned(survey.primary_beams),
        injected=injections.distribution,
        code=digest_of("count_sources"),
    message:
        "Counting the sources of {wildcards.finder} in the survey"
    script:
        "../scripts/count_sources.py"
