"""Simulate labelled cutouts of radio galaxies."""

import json

from radiofind.cutouts import write_cutouts
from radiofind.galaxies import simulate_cutouts
from radiofind.galaxy_settings import GalaxySettings
from radiofind.logs import log_to
from radiofind.provenance import provenance_of

if __name__ == "__main__":
    log_to(snakemake.log[0])
    cutouts = simulate_cutouts(GalaxySettings(**snakemake.params.settings))
    provenance = provenance_of("simulate_dataset", params=snakemake.params, inputs={})
    write_cutouts(cutouts, snakemake.output.cutouts, provenance=json.dumps(provenance, sort_keys=True))
