"""Calibrate the fluxes of a finder in a survey, and their errors, from fake sources."""

import pandas as pd

from radiofind.evaluation.flux_correction import OF_SOURCES, calibrate_fluxes
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.tables import write_csv

if __name__ == "__main__":
    log_to(snakemake.log[0])
    given = snakemake.input
    watch_for_damage(given)
    sources = [pd.read_parquet(path, columns=list(OF_SOURCES)) for path in given.sources]
    catalogued = [pd.read_parquet(path, columns=["snr"]) for path in given.catalogues]
    correction = calibrate_fluxes(
        pd.concat(sources, ignore_index=True),
        pd.concat(catalogued)["snr"].to_numpy(),
        slope=snakemake.params.injected["slope"],
        finder=snakemake.wildcards.finder,
    )
    write_csv(correction, snakemake.output.correction)
