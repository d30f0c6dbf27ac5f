"""Match a catalogue to the truth."""

from functools import partial

import pandas as pd

from radiofind.evaluation.comparison import match_files
from radiofind.evaluation.cuts import Cut, selections
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.dask_workers import open_workers
from radiofind.jobs.job_log import log_to
from radiofind.json_files import read_json
from radiofind.tables import write_parquet

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    match = partial(
        match_files,
        mosaic=snakemake.wildcards.mosaic,
        **{name: snakemake.input[name] for name in ("patches", "truth", "catalogue")},
        **snakemake.params.boxes,
        truth_rms=snakemake.params.truth_rms,
        radius_pixels=snakemake.params.radius_pixels,
    )
    cuts = read_json(snakemake.input.cuts, list[Cut], what="tuned cuts")
    with open_workers(**snakemake.config["dask"], threads=snakemake.threads) as workers:
        tables = list(workers.map(match, selections(snakemake.params.snr, cuts), together=1))
    write_parquet(pd.concat(tables, ignore_index=True), snakemake.output.matches)
