"""Cut labelled cutouts around the sources that a finder found in the mosaics."""

import json

from radiofind.classifiers.cutouts import write_cutouts
from radiofind.classifiers.survey_cutouts import SurveySettings, cut_dataset
from radiofind.classifiers.survey_inputs import read_survey_sources
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import fold_tiles, provenance_of
from radiofind.mosaics.images import image_sources

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    settings, params = dict(snakemake.params.settings), snakemake.params
    split = {key: settings.pop(key) for key in ("validation_fraction", "test_fraction", "split_seed")}
    files = {name: list(snakemake.input[name]) for name in ("catalogues", "components")}
    mosaics = read_survey_sources(image_sources(params.mosaics), **files)
    cutouts = cut_dataset(mosaics, SurveySettings(kind=params.kind, **settings), **split)
    provenance = fold_tiles(provenance_of("cut_dataset", params=params, inputs=snakemake.input))
    write_cutouts(cutouts, snakemake.output.cutouts, provenance=json.dumps(provenance, sort_keys=True))
