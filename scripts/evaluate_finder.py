"""Evaluate a finder on a mosaic."""

import numpy as np
import pandas as pd

from radiofind.evaluation.comparison import read_area
from radiofind.evaluation.cuts import Cut, selections
from radiofind.evaluation.metrics import Protocol, curves, evaluate
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.json_files import read_json
from radiofind.tables import write_csv

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    mosaic, finder = snakemake.wildcards.mosaic, snakemake.wildcards.finder
    matches = pd.read_parquet(snakemake.input.matches)
    cuts = read_json(snakemake.input.cuts, list[Cut], what="tuned cuts")
    scores = evaluate(
        matches,
        area=read_area(mosaic, snakemake.input.patches, **snakemake.params.boxes),
        finder=finder,
        selections=selections(snakemake.params.snr, cuts),
        protocol=Protocol(radius_pixels=snakemake.params.radius_pixels),
        rng=np.random.default_rng(snakemake.params.seed),
    )
    write_csv(scores, snakemake.output.scores)
    write_csv(curves(matches, mosaic=mosaic, finder=finder), snakemake.output.curves)
