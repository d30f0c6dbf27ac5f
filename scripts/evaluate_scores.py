"""Check on a mosaic whether as many detections of a finder match as their scores say."""

import numpy as np

from radiofind.comparison import read_area, read_comparison
from radiofind.damage import watch_for_damage
from radiofind.files import write_csv
from radiofind.logs import log_to
from radiofind.score_evaluation import COLUMNS, evaluate_scores

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
