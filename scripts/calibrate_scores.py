"""Calibrate the scores of a network on a simulated mosaic."""

from dataclasses import asdict

import pandas as pd

from radiofind.catalogues.block_tables import files_by_tile
from radiofind.catalogues.merging import detection_reader, merge_detections
from radiofind.evaluation.calibration import calibrate_on_boxes
from radiofind.files import write_json
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.mosaics.primary_beams import beam_sampler
from radiofind.mosaics.tiles import read_tile
from radiofind.networks.calibration import ScoreCalibration
from radiofind.simulation.matched_sky import read_sky
from radiofind.simulation.random_skies import outside_range

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    tiles = [read_tile(path) for path in snakemake.input.tiles]
    read = detection_reader(files_by_tile(tiles, snakemake.input.detections))
    detections = pd.concat(merge_detections(read, tiles, beam_at=beam_sampler(None)))
    truth = pd.read_parquet(snakemake.input.truth)
    options = {key: snakemake.params[key] for key in ("boxes", "snr_min", "radius_pixels")}
    curve = calibrate_on_boxes(truth, detections, **options)
    warnings = outside_range(read_sky(snakemake.input.sky))
    write_json(asdict(ScoreCalibration(curve, warnings)), snakemake.output.calibration)
