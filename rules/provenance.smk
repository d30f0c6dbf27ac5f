"""
Record the provenance of all results: digests of inputs and results, and the jobs that wrote them.

Reads  all files under results/, the files of the mosaic sheet, data sets and models of other runs, the logs
Makes  results/provenance.json, and a copy next to its log, which saves the next record from reading unchanged files
"""

catalogue_targets = joined(
    each("results/{mosaic}/catalogues/{finder}.parquet", plan.searched),
    each("results/{mosaic}/catalogues/{finder}.fits", plan.searched),
    each("results/{mosaic}/catalogues/{finder}.reg", plan.searched),
    each("results/{mosaic}/catalogues/components/{finder}.parquet", plan.with_components),
    each("results/{mosaic}/catalogues/components/{finder}.fits", plan.with_components),
    each("results/{mosaic}/catalogues/pybdsf/{finder}.srl.fits", plan.with_pybdsf_tables),
    each("results/{mosaic}/spectral_index/{finder}.parquet", source_classes.with_partners),
    each("results/{mosaic}/catalogues/classified/{finder}.parquet", source_classes.classified),
)
map_targets = joined(
    each("results/survey/rms/{mosaic}.fits", plan.with_noise),
    each("results/{mosaic}/probability/{finder}/{tile}.fits", plan.probability_maps),
    each("results/{mosaic}/images/{finder}.model.fits", plan.with_model_images),
)
classifier_targets = joined(
    each("results/classifiers/{dataset}/{network}/metrics.csv", classifiers.all),
    each("results/{mosaic}/classes/{finder}.csv", source_classes.scored),
)
survey_targets = joined(
    each("results/survey/{finder}.parquet", survey.with_finders),
    each("results/survey/components/{finder}.parquet", survey.with_components),
    each("results/survey/{finder}.{product}", survey_products.exported),
    each("results/survey/hats/{finder}", survey_products.in_hats),
    each("results/survey/coverage.moc.fits", survey_products.coverage),
    each("results/survey/rms_area.csv", survey_products.coverage),
)
completeness_targets = joined(
    each("results/{mosaic}/completeness/{finder}.csv", injections.with_injections),
    each("results/{mosaic}/reliability/{finder}.csv", injections.with_negated),
    each("results/survey/completeness/{finder}.csv", injections.pooled),
    each("results/survey/reliability/{finder}.csv", injections.pooled_negated),
    each("results/survey/completeness/by_flux/{finder}.csv", injections.pooled),
    each("results/survey/counts/{finder}.csv", injections.pooled),
)


rule record_provenance:
    input:
        catalogues=catalogue_targets,
        maps=map_targets,
        classifiers=classifier_targets,
        survey=survey_targets,
        completeness=completeness_targets,
        scores=indexed("results/scores.txt"),
        report=indexed("results/report.html"),
        given=planned(record.given_files_that_exist),
    output:
        provenance="results/provenance.json",
    log:
        "logs/record_provenance/record_provenance.log",
    benchmark:
        "benchmarks/record_provenance/record_provenance.tsv"
    conda:
        "../envs/tables.yaml"
    threads: 4
    resources:
        mem_mb=memory_of("record_provenance", planned(work.on_survey)),
        runtime=time_of("record_provenance", planned(work.on_survey)),
    params:
        given=record.given_files,
        patterns=output_patterns,
        names=planned(record.names_in_outputs),
        tiles_per_job=record.tiles_per_job,
        left_out=planned(record.left_out),
        configuration=plan.science,
        code=digest_of("record_provenance"),
    message:
        "Recording the digests of all inputs and results"
    script:
        "../scripts/record_provenance.py"
