"""Score the classes of the sources of a finder on a mosaic."""

import numpy as np

from radiofind.classifiers.sources.classes import read_class_model
from radiofind.classifiers.sources.scores import count_confusions, most_frequent, pair_classes, score_classes
from radiofind.evaluation.comparison import read_area, read_comparison
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.tables import write_csv

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    params, names = snakemake.params, dict(snakemake.wildcards.items())
    area = read_area(names["mosaic"], snakemake.input.patches, **params.boxes)
    files = {name: snakemake.input[name] for name in ("patches", "truth", "catalogue")}
    pair = read_comparison(area, **files, truth_rms=params.truth_rms)
    model = read_class_model(snakemake.input.model)
    terms = {"classes": model.classes, "snr": params.snr, **names}
    pairs = pair_classes(pair.truth, pair.detections, snr=params.snr, radius_pixels=params.radius_pixels)
    constant, rng = most_frequent(model.n_examples), np.random.default_rng(params.seed)
    write_csv(count_confusions(pairs, **terms), snakemake.output.confusion)
    write_csv(score_classes(pairs, **terms, constant=constant, rng=rng), snakemake.output.scores)
