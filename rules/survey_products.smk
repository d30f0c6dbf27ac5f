"""
Write a survey for other programs, and map where it looked and how deep.

Reads  results/survey/{finder}.parquet, results/survey/rms/{mosaic}.fits, primary beams and regions of the mosaic sheet
Makes  results/survey/{finder}.fits (TOPCAT), .vot (VOTable) and .reg (DS9), results/survey/hats/{finder}/ (LSDB),
       results/survey/coverage.moc.fits, results/survey/rms_area.csv, and of each mosaic results/survey/coverage/{mosaic}.parquet
"""


rule export_survey:
    input:
        survey=indexed("results/survey/{finder}.parquet"),
        catalogues=each("results/{mosaic}/catalogues/{finder}.parquet", survey.members),
    output:
        table="results/survey/{finder}.{product}",
    log:
        "logs/export_survey/{finder}.{product}.log",
    benchmark:
        "benchmarks/export_survey/{finder}.{product}.tsv"
    wildcard_constraints:
        finder=plan.one_of(survey.finders),
        product=plan.one_of(survey_products.suffixes),
    conda:
        "../envs/images.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("export_survey", planned(work.on_survey)),
        runtime=time_of("export_survey", planned(work.on_survey)),
    params:
        code=digest_of("export_survey"),
    message:
        "Exporting the survey of {wildcards.finder} as .{wildcards.product}"
    script:
        "../scripts/export_survey.py"


rule export_hats:
    input:
        survey=indexed("results/survey/{finder}.parquet"),
        catalogues=each("results/{mosaic}/catalogues/{finder}.parquet", survey.members),
    output:
        collection=directory("results/survey/hats/{finder}"),
    log:
        "logs/export_hats/{finder}.log",
    benchmark:
        "benchmarks/export_hats/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(survey_products.finders_in_hats),
    conda:
        "../envs/images.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("export_hats", planned(work.on_survey)),
        runtime=time_of("export_hats", planned(work.on_survey)),
    params:
        code=digest_of("export_hats"),
    message:
        "Exporting the survey of {wildcards.finder} as a HATS collection"
    script:
        "../scripts/export_hats.py"


rule measure_coverage:
    input:
        rms=indexed("results/survey/rms/{mosaic}.fits"),
        primary_beam=planned(plan.file, "primary_beam"),
        region=planned(plan.file, "region_file"),
    output:
        coverage="results/survey/coverage/{mosaic}.parquet",
    log:
        "logs/measure_coverage/{mosaic}.log",
    benchmark:
        "benchmarks/measure_coverage/{mosaic}.tsv"
    conda:
        "../envs/images.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("measure_coverage", planned(work.on_mosaic)),
        runtime=time_of("measure_coverage", planned(work.on_mosaic)),
    params:
        region=given(plan.sheet_row, "region"),
        stamps=given(plan.file_stamps, "primary_beam", "region_file"),
        code=digest_of("measure_coverage"),
    message:
        "Measuring the coverage of {wildcards.mosaic}"
    script:
        "../scripts/measure_coverage.py"


rule map_coverage:
    input:
        coverage=each("results/survey/coverage/{mosaic}.parquet", survey.members),
    output:
        moc="results/survey/coverage.moc.fits",
        areas="results/survey/rms_area.csv",
    log:
        "logs/map_coverage/map_coverage.log",
    benchmark:
        "benchmarks/map_coverage/map_coverage.tsv"
    conda:
        "../envs/images.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("map_coverage", planned(work.on_survey)),
        runtime=time_of("map_coverage", planned(work.on_survey)),
    params:
        mosaics=planned(survey_products.mosaics),
        code=digest_of("map_coverage"),
    message:
        "Mapping the coverage of the survey"
    script:
        "../scripts/map_coverage.py"
