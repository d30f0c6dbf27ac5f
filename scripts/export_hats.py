"""Export a survey as a HATS collection."""

from radiofind.files import read_metadata
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import in_lines, read_provenance
from radiofind.survey.band import band_of
from radiofind.survey.hats import export_hats

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    band = band_of([read_metadata(path)["image"] for path in snakemake.input.catalogues])
    history = in_lines(read_provenance(snakemake.input.survey))
    export_hats(snakemake.input.survey, snakemake.output.collection, band=band, history=history)
