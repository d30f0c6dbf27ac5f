"""Learn the scores of a combined finder on the validation boxes of a training set."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from radiofind.evaluation.comparison import read_area
from radiofind.evaluation.placed_truth import with_snr
from radiofind.files import read_metadata, write_json
from radiofind.finders.combined import read_joined
from radiofind.finders.combined_training import learn_evidence, make_lesson
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import fold_tiles, provenance_of

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    finders, train_snr = snakemake.params.settings["of"], snakemake.params.settings["train_snr"]
    catalogues = np.reshape(snakemake.input.catalogues, (-1, len(finders)))
    files = zip(snakemake.input.patches, snakemake.input.truths, catalogues, strict=True)
    lessons = []
    for (mosaic, boxes), (patches, truth, paths) in zip(snakemake.params.boxes.items(), files, strict=True):
        radius = snakemake.params.radii[mosaic]
        joined = read_joined(dict(zip(finders, paths, strict=True)), **radius)
        median_rms = read_metadata(patches)["median_rms"]
        placed = with_snr(pd.read_parquet(truth), truth_rms=snakemake.params.truth_rms, median_rms=median_rms)
        terms = {"train_snr": train_snr, **radius}
        lessons.append(make_lesson(joined, truth=placed, area=read_area(mosaic, patches, **boxes), **terms))
    rule = f"train_combined {snakemake.wildcards.finder}"
    provenance = provenance_of(rule, params=snakemake.params, inputs=snakemake.input)
    origin = {**dict(snakemake.wildcards.items()), "mosaics": list(snakemake.params.boxes)}
    learned = asdict(learn_evidence(lessons, train_snr=train_snr)) | origin
    write_json({**learned, "provenance": fold_tiles(provenance)}, snakemake.output.model)
