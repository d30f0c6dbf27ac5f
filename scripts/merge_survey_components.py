"""Give the Gaussians of all mosaics the names of their sources in the survey."""

from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import fold_tiles, provenance_of
from radiofind.survey.components import write_components

if __name__ == "__main__":
    log_to(snakemake.log[0])
    given, params = snakemake.input, snakemake.params
    watch_for_damage(given)
    components = dict(zip(params.mosaics, given.components, strict=True))
    rule = f"merge_survey_components {snakemake.wildcards.finder}"
    metadata = {"provenance": fold_tiles(provenance_of(rule, params=params, inputs=given))}
    write_components(given.survey, components, snakemake.output.components, metadata=metadata)
