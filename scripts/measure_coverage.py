"""Measure where on the sky a mosaic was searched, and how deep."""

from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.mosaics.images import read_header
from radiofind.mosaics.primary_beams import beam_sampler
from radiofind.survey.coverage import measure_coverage
from radiofind.survey.regions import read_region
from radiofind.tables import write_parquet

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    rms = read_header(snakemake.input.rms)
    beam_at = beam_sampler(snakemake.input.get("primary_beam"))
    cells = measure_coverage(rms, beam_at=beam_at, region=read_region(**snakemake.params.region))
    write_parquet(cells, snakemake.output.coverage)
