"""
Make one survey of many mosaics: duplicates settled, sources named and flagged.

Reads  results/{mosaic}/catalogues/{finder}.parquet, classified where sources are classified,
       results/survey/rms/{mosaic}.fits (where each mosaic was searched), regions and weights of the mosaic sheet
Makes  results/survey/{finder}.parquet
"""


rule merge_survey:
    input:
        catalogues=each("results/{mosaic}/catalogues/{folder}{finder}.parquet", survey.members),
        rms=each("results/survey/rms/{mosaic}.fits", survey.members),
        tiles=ancient(indexed("results/tiles.parquet")),
        regions=planned(survey.files, "region_file"),
        weights=planned(survey.files, "weight"),
    output:
        catalogue="results/survey/{finder}.parquet",
    log:
        "logs/merge_survey/{finder}.log",
    benchmark:
        "benchmarks/merge_survey/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(survey.finders),
    conda:
        "../envs/images.yaml"
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
