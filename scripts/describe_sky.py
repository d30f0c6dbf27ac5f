"""Describe the sky of a mosaic, for simulations that are like it."""

from dataclasses import asdict

from radiofind.files import write_json
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import provenance_of
from radiofind.mosaics.images import ImageSource
from radiofind.simulation.sky_description import describe_sky

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    header = ImageSource(snakemake.input.image, **snakemake.params.image).read_header()
    sky = describe_sky(header, mosaic=snakemake.params.mosaic, seed=snakemake.params.seed)
    provenance = provenance_of("describe_sky", params=snakemake.params, inputs=snakemake.input)
    write_json({**asdict(sky), "provenance": provenance}, snakemake.output.sky)
