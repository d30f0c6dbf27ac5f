"""Write the report."""

from radiofind.damage import watch_for_damage
from radiofind.files import write_csv
from radiofind.logs import log_to
from radiofind.report import write_report
from radiofind.report_inputs import mosaic_files, read_report_data

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    mosaics = mosaic_files(
        snakemake.params.images,
        patches=snakemake.input.patches,
        catalogues=snakemake.input.catalogues,
        truths=snakemake.input.truths,
    )
    data = read_report_data(
        mosaics,
        tiles=snakemake.input.tiles,
        scores=snakemake.input.scores,
        curves=snakemake.input.curves,
        cuts=snakemake.input.cuts,
        calibrations=snakemake.input.calibrations,
        models=snakemake.input.models,
        configuration=snakemake.params.configuration,
    )
    write_csv(data.quarantine, snakemake.output.quarantine)
    write_report(data, snakemake.output.report)
