"""Simulate a mosaic like one without truth, and its truth."""

from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.simulation.matched_sky import read_sky, simulate_matched

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input, checks={".json": read_sky})
    simulate_matched(
        read_sky(snakemake.input.sky),
        **snakemake.params.settings,
        image_path=snakemake.output.image,
        truth_path=snakemake.output.truth,
    )
