"""Tell the completeness of a survey by flux, and in cells of the sky."""

from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.survey.fake_sources import read_fake_sources
from radiofind.survey.flux_completeness import completeness_by_cell, completeness_by_flux
from radiofind.survey.inputs import read_survey
from radiofind.tables import write_csv

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    given, params, finder = snakemake.input, snakemake.params, snakemake.wildcards.finder
    survey = read_survey(params.sheet, given.catalogues, given.rms, tiles=given.tiles)
    footprints = [member.read_footprint() for member in survey.members]
    fakes = read_fake_sources(given.fakes, footprints, beams=params.beams)
    write_csv(completeness_by_flux(fakes, **params.injected, finder=finder), snakemake.output.by_flux)
    write_csv(completeness_by_cell(fakes, **params.injected, finder=finder), snakemake.output.by_cell)
