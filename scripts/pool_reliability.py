"""Pool the reliability of a finder in all mosaics of a survey."""

import pandas as pd

from radiofind.evaluation.negation import pool_reliability
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.tables import read_csv, write_csv

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    tables = [read_csv(path) for path in snakemake.input.reliabilities]
    write_csv(pool_reliability(pd.concat(tables, ignore_index=True)), snakemake.output.reliability)
