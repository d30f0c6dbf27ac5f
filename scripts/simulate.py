"""Simulate a mosaic, its primary beam and its truth."""

from radiofind.jobs.job_log import log_to
from radiofind.simulation.mosaic_settings import Simulation
from radiofind.simulation.mosaics import simulate
from radiofind.simulation.random_skies import simulate_random

if __name__ == "__main__":
    log_to(snakemake.log[0])
    settings = dict(snakemake.params.settings)
    paths = {f"{name}_path": path for name, path in snakemake.output.items()}
    if settings.pop("kind") == "random":
        simulate_random(size_pixels=settings["size_pixels"], seed=settings["seed"], **paths)
    else:
        simulate(Simulation(**settings), **paths)
