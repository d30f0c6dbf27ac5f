"""Pool the completeness of a finder in all mosaics of a survey."""

import pandas as pd

from radiofind.evaluation.completeness import completeness_by_snr
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.tables import write_csv

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    columns = ["injected_snr", "found", "blended", "flux_ratio"]
    parts = [pd.read_parquet(path, columns=columns) for path in snakemake.input.sources]
    pooled = completeness_by_snr(
        pd.concat(parts, ignore_index=True), mosaic="survey", finder=snakemake.wildcards.finder
    )
    write_csv(pooled, snakemake.output.completeness)
