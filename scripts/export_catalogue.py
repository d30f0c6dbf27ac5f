"""Export a catalogue for TOPCAT and DS9."""

import pandas as pd

from radiofind.catalogues.exports import write_fits_table, write_regions
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import in_lines, read_provenance
from radiofind.mosaics.images import ImageSource

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    catalogue = pd.read_parquet(snakemake.input.catalogue)
    history = in_lines(read_provenance(snakemake.input.catalogue))
    image = ImageSource(snakemake.input.image, **snakemake.params.image).read_header()
    write_fits_table(catalogue, snakemake.output.table, image=image, history=history)
    write_regions(catalogue, snakemake.output.regions, beam_arcsec=image.beam.major_arcsec, history=history)
