"""
Tell by flux how complete a survey is, and how many sources there are.

Reads  results/{mosaic}/completeness/{finder}.parquet, and what decides which mosaic owns a place; for the counts
       the survey, its areas, results/survey/completeness/{finder}.csv and results/survey/reliability/{finder}.csv
Makes  results/survey/completeness/by_flux/{finder}.csv, results/survey/completeness/by_cell/{finder}.csv,
       results/survey/counts/{finder}.csv
"""


rule map_completeness:
    input:
        catalogues=each("results/{mosaic}/catalogues/{folder}{finder}.parquet", survey.members),
        rms=each("results/survey/rms/{mosaic}.fits", survey.members),
        tiles=ancient(indexed("results/tiles.parquet")),
        regions=planned(survey.files, "region_file"),
        weights=planned(survey.files, "weight"),
        primary_beams=planned(survey.files, "primary_beam"),
        fakes=each("results/{mosaic}/completeness/{finder}.parquet", survey.members),
    output:
        by_flux="results/survey/completeness/by_flux/{finder}.csv",
        by_cell="results/survey/completeness/by_cell/{finder}.csv",
    log:
        "logs/map_completeness/{finder}.log",
    benchmark:
        "benchmarks/map_completeness/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(injections.injected_by()),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("map_completeness", planned(work.on_survey)),
        runtime=time_of("map_completeness", planned(work.on_survey)),
    params:
        sheet=planned(survey.sheet_rows),
        beams=planned(survey.primary_beams),
        injected=injections.distribution,
        code=digest_of("map_completeness"),
    message:
        "Mapping the completeness of {wildcards.finder} in the survey"
    script:
        "../scripts/map_completeness.py"


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
