"""
Write the report.

Reads  the evaluation, calibration, curves, cuts, catalogues, tiles, noise and images of all mosaics,
       how the networks were trained, the scores of classifiers, their cutouts and answers, and the scores of classes
Makes  results/report.html, which needs no network, results/quarantine.csv (tiles that could not be searched) and
       results/warnings.csv (odd images, and catalogues of tiles that are hard to believe)
"""


rule write_report:
    input:
        tiles=indexed("results/tiles.parquet"),
        scores=of_scored_mosaics("results/{mosaic}/evaluation/{finder}.csv"),
        curves=of_scored_mosaics("results/{mosaic}/curves/{finder}.csv"),
        calibrations=of_scored_finders("results/{mosaic}/calibration/{finder}.csv"),
        models=of_trained_models("results/models/{training_set}/{finder}.json"),
        cuts=of_scored_mosaics("results/cuts/{training_set}/{finder}.json"),
        truths=of_scored_mosaics("results/{mosaic}/truth.parquet"),
        catalogues=of_readable_mosaics("results/{mosaic}/catalogues/{finder}.parquet"),
        patches=of_readable_mosaics("results/{mosaic}/patches.parquet"),
        cutouts=of_classifiers("results/classifiers/{dataset}/cutouts.h5"),
        metrics=of_classifiers("results/classifiers/{dataset}/{network}/metrics.csv"),
        predictions=of_classifiers("results/classifiers/{dataset}/{network}/predictions.parquet"),
        members=of_all_members("results/classifiers/{dataset}/{network}/members/{member}.json"),
        views=of_classifiers("results/classifiers/{dataset}/{network}/capsules.h5"),
        source_classes=of_classified_truths("results/{mosaic}/classes/{finder}.csv"),
        confusions=of_classified_truths("results/{mosaic}/classes/{finder}.confusion.csv"),
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
        mem_mb=memory_of("write_report"),
        runtime=time_of("write_report"),
    params:
        images=images_of_mosaics,
        configuration=plan.science,
        code=digest_of("write_report"),
    message:
        "Writing the report"
    script:
        "../scripts/write_report.py"
