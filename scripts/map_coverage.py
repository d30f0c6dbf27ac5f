"""Map where a survey looked, and tabulate the area that it searched to each noise."""

import pandas as pd

from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.survey.coverage import join_coverage, tabulate_areas, write_moc
from radiofind.tables import write_csv

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    tables = map(pd.read_parquet, snakemake.input.coverage)
    cells = dict(zip(snakemake.params.mosaics, tables, strict=True))
    joined = join_coverage(cells)
    write_moc(joined, snakemake.output.moc)
    write_csv(tabulate_areas(cells, joined), snakemake.output.areas)
