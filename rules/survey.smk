"""
Make one survey of many mosaics: duplicates settled, sources named and flagged; Gaussians follow their sources.

Reads  results/{mosaic}/catalogues/{finder}.parquet, classified where sources are classified,
       results/survey/rms/{mosaic}.fits (where each mosaic was searched), regions and weights of the mosaic sheet,
       results/{mosaic}/catalogues/components/{finder}.parquet,
       results/survey/flux_correction/{finder}.csv of finders that also search with fake sources, and results/survey/reliability/{finder}.csv
       of those that search negated mosaics
Makes  results/survey/{finder}.parquet, and of finders that fit Gaussians results/survey/components/{finder}.parquet
"""


rule merge_survey:
    input:
        catalogues=each("results/{mosaic}/catalogues/{folder}{finder}.parquet", survey.members),
        rms=each("results/survey/rms/{mosaic}.fits", survey.members),
        tiles=ancient(indexed("results/tiles.parquet")),
        regions=planned(survey.files, "region_file"),
        weights=planned(survey.files, "weight"),
        flux_correction=each("results/survey/flux_correction/{finder}.csv", injections.corrected),
        reliability=each("results/survey/reliability/{finder}.csv", injections.if_negated),
    output:
        catalogue="results/survey/{finder}.parquet",
    log:
        "logs/merge_survey/{finder}.log",
    benchmark:
        "benchmarks/merge_survey/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(survey.finders),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("merge_survey", planned(work.on_survey)),
        runtime=time_of("merge_survey", planned(work.on_survey)),
    params:
        prefix=survey.prefix,
        sheet=planned(survey.sheet_rows),
        stamps=planned(survey.stamps),
        code=digest_of("merge_survey"),
    message:
        "Merging the catalogues of {wildcards.finder} to a survey"
    script:
        "../scripts/merge_survey.py"


rule merge_survey_components:
    input:
        survey=indexed("results/survey/{finder}.parquet"),
        components=each("results/{mosaic}/catalogues/components/{finder}.parquet", survey.members),
    output:
        components="results/survey/components/{finder}.parquet",
    log:
        "logs/merge_survey_components/{finder}.log",
    benchmark:
        "benchmarks/merge_survey_components/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(survey.finders_with_components),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("merge_survey_components", planned(work.on_survey)),
        runtime=time_of("merge_survey_components", planned(work.on_survey)),
    params:
        mosaics=planned(survey_products.mosaics),
        code=digest_of("merge_survey_components"),
    message:
        "Merging the Gaussians of {wildcards.finder} to a survey"
    script:
        "../scripts/merge_survey_components.py"
