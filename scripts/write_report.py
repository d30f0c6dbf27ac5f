"""Write the report."""

from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.mosaics.images import image_sources
from radiofind.report.classifier_inputs import check_hdf5, read_classifier_report
from radiofind.report.inputs import mosaic_files, read_report_data
from radiofind.report.page import write_report
from radiofind.tables import write_csv

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input, checks={".h5": check_hdf5})
    images, files = image_sources(snakemake.params.images), ("patches", "catalogues", "truths")
    mosaics = mosaic_files(images, **{name: snakemake.input[name] for name in files})
    files = ("cutouts", "metrics", "predictions", "members", "views")
    classifiers = read_classifier_report(
        **{name: snakemake.input[name] for name in files},
        source_classes=[*snakemake.input.source_classes, *snakemake.input.confusions],
    )
    files = ("tiles", "scores", "curves", "cuts", "calibrations", "models", "frozen", "survey", "areas")
    files += ("completeness", "reliabilities", "flux_completeness", "counts")
    data = read_report_data(
        mosaics,
        **{name: snakemake.input[name] for name in files},
        configuration=snakemake.params.configuration,
        classifiers=classifiers,
    )
    write_csv(data.quarantine, snakemake.output.quarantine)
    write_csv(data.warnings, snakemake.output.warnings)
    write_report(data, snakemake.output.report)
