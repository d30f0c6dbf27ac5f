"""Copy a user's labelled cutouts: check them, group them by object and split them."""

import json

from radiofind.classifiers.cutouts import read_user_cutouts, write_cutouts
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import provenance_of

if __name__ == "__main__":
    log_to(snakemake.log[0])
    settings = dict(snakemake.params.settings)
    cutouts = read_user_cutouts(snakemake.input.given, seed=settings.pop("split_seed"), **settings)
    provenance = provenance_of("copy_dataset", params=snakemake.params, inputs=snakemake.input)
    write_cutouts(cutouts, snakemake.output.cutouts, provenance=json.dumps(provenance, sort_keys=True))
