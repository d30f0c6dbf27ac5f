"""Simulate labelled cutouts of radio galaxies."""

import json

from radiofind.classifiers.cutouts import write_cutouts
from radiofind.classifiers.simulated_cutouts import simulate_cutouts
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import provenance_of
from radiofind.simulation.galaxy_settings import GalaxySettings

if __name__ == "__main__":
    log_to(snakemake.log[0])
    cutouts = simulate_cutouts(GalaxySettings(**snakemake.params.settings))
    provenance = provenance_of("simulate_dataset", params=snakemake.params, inputs={})
    write_cutouts(cutouts, snakemake.output.cutouts, provenance=json.dumps(provenance, sort_keys=True))
