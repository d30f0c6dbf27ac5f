"""Pool the completeness of a finder in all mosaics of a survey."""

import pandas as pd

from radiofind.evaluation.completeness import OF_SHAPES, OF_SOURCES, completeness_by_shape
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.tables import write_csv

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    parts = [pd.read_parquet(path, columns=[*OF_SOURCES, *OF_SHAPES]) for path in snakemake.input.sources]
    pooled = completeness_by_shape(
        pd.concat(parts, ignore_index=True), mosaic="survey", finder=snakemake.wildcards.finder
    )
    write_csv(pooled, snakemake.output.completeness)
