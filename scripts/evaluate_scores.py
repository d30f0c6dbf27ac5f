"""Measure on a mosaic how well the scores of a finder's detections are calibrated."""

import numpy as np

from radiofind.evaluation.calibration import COLUMNS, evaluate_scores
from radiofind.evaluation.comparison import read_area, read_comparison
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.tables import write_csv

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    mosaic, finder = snakemake.wildcards.mosaic, snakemake.wildcards.finder
    area = read_area(mosaic, snakemake.input.patches, **snakemake.params.boxes)
    files = {name: snakemake.input[name] for name in ("patches", "truth", "catalogue")}
    pair = read_comparison(area, **files, truth_rms=snakemake.params.truth_rms)
    calibration = evaluate_scores(
        pair.truth,
        pair.detections,
        snr_min=snakemake.params.settings["train_snr"],
        radius_pixels=snakemake.params.radius_pixels,
        rng=np.random.default_rng(snakemake.params.seed),
    )
    calibration = calibration.assign(mosaic=mosaic, finder=finder)
    write_csv(calibration[list(COLUMNS)], snakemake.output.calibration)
