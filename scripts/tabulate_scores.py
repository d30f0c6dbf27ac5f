"""Tabulate the scores of all finders as text."""

import pandas as pd

from radiofind.evaluation.metrics import COLUMNS
from radiofind.evaluation.score_table import score_table
from radiofind.files import write_text
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.tables import read_csv

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    tables = [read_csv(path) for path in snakemake.input.scores]
    scores = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    write_text(score_table(scores, only=snakemake.params.only), snakemake.output.scores)
