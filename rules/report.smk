"""
Write the report.

Reads  the evaluation, calibration, curves, cuts, catalogues, tiles, noise and images of all mosaics,
       the training records of the networks and of frozen models, scores, cutouts and predictions of classifiers, the scores of classes,
       the catalogues and areas of the survey, completeness, reliability and source counts
Makes  results/report.html, which needs no network, results/quarantine.csv (tiles that could not be searched) and
       results/warnings.csv (unusual images, and tiles with implausible catalogues)
"""


rule write_report:
    input:
        tiles=indexed("results/tiles.parquet"),
        scores=each("results/{mosaic}/evaluation/{finder}.csv", plan.scored),
        curves=each("results/{mosaic}/curves/{finder}.csv", plan.scored),
        calibrations=each("results/{mosaic}/calibration/{finder}.csv", plan.scored_with_scores),
        models=each("results/models/{training_set}/{finder}.json", training.networks),
        frozen=planned(frozen.records),
        cuts=each("results/cuts/{training_set}/{finder}.json", plan.scored),
        truths=each("results/{mosaic}/truth.parquet", plan.scored),
        catalogues=each("results/{mosaic}/catalogues/{finder}.parquet", plan.searched),
        patches=each("results/{mosaic}/patches.parquet", plan.searched),
        survey=each("results/survey/{finder}.parquet", survey.with_finders),
        areas=each("results/survey/rms_area.csv", survey_products.coverage),
        completeness=each("results/{mosaic}/completeness/{finder}.csv", injections.with_injections),
        reliabilities=each("results/{mosaic}/reliability/{finder}.csv", injections.with_negated),
        flux_completeness=each("results/survey/completeness/by_flux/{finder}.csv", injections.pooled),
        counts=each("results/survey/counts/{finder}.csv", injections.pooled),
        cutouts=each("results/classifiers/{dataset}/cutouts.h5", classifiers.all),
        metrics=each("results/classifiers/{dataset}/{network}/metrics.csv", classifiers.all),
        predictions=each("results/classifiers/{dataset}/{network}/predictions.parquet", classifiers.all),
        members=each("results/classifiers/{dataset}/{network}/members/{member}.json", classifiers.all_members),
        views=each("results/classifiers/{dataset}/{network}/capsules.h5", classifiers.all),
        source_classes=each("results/{mosaic}/classes/{finder}.csv", source_classes.scored),
        confusions=each("results/{mosaic}/classes/{finder}.confusion.csv", source_classes.scored),
    output:
        report=report("results/report.html", caption="captions/report.rst", category="Report"),
        quarantine="results/quarantine.csv",
        warnings="results/warnings.csv",
    log:
        "logs/write_report/write_report.log",
    benchmark:
        "benchmarks/write_report/write_report.tsv"
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("write_report", planned(work.on_survey)),
        runtime=time_of("write_report", planned(work.on_survey)),
    params:
        images=planned(plan.images),
        configuration=plan.science,
        code=digest_of("write_report"),
    message:
        "Writing the report"
    script:
        "../scripts/write_report.py"
