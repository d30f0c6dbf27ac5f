"""Simulate a mosaic, its primary beam and its truth."""

from radiofind.jobs.job_log import log_to
from radiofind.simulation.mosaic_settings import Simulation
from radiofind.simulation.mosaics import simulate

if __name__ == "__main__":
    log_to(snakemake.log[0])
    simulate(
        Simulation(**snakemake.params.settings),
        image_path=snakemake.output.image,
        primary_beam_path=snakemake.output.primary_beam,
        truth_path=snakemake.output.truth,
    )
