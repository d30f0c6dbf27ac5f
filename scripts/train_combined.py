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
    given, params = snakemake.input, snakemake.params
    finders, train_snr = params.settings["of"], params.settings["train_snr"]
    catalogues = np.reshape(given.catalogues, (-1, len(finders)))
    files = zip(given.patches, given.truths, catalogues, strict=True)
    lessons = []
    for (mosaic, boxes), (patches, truth, paths) in zip(params.boxes.items(), files, strict=True):
        joined = read_joined(dict(zip(finders, paths, strict=True)), **params.radii[mosaic])
        median_rms = read_metadata(patches)["median_rms"]
        placed = with_snr(pd.read_parquet(truth), truth_rms=params.truth_rms, median_rms=median_rms)
        terms = {"area": read_area(mosaic, patches, **boxes), "train_snr": train_snr, **params.radii[mosaic]}
        lessons.append(make_lesson(joined, truth=placed, **terms))
    provenance = provenance_of(f"train_combined {snakemake.wildcards.finder}", params=params, inputs=given)
    origin = {**dict(snakemake.wildcards.items()), "mosaics": list(params.boxes)}
    learned = {**asdict(learn_evidence(lessons, train_snr=train_snr)), **origin}
    write_json({**learned, "provenance": fold_tiles(provenance)}, snakemake.output.model)
