"""Export the Gaussians of a catalogue for TOPCAT."""

import pandas as pd

from radiofind.catalogues.exports import write_fits_table
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import in_lines, read_provenance
from radiofind.mosaics.images import ImageSource

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    components = pd.read_parquet(snakemake.input.components)
    history = in_lines(read_provenance(snakemake.input.components))
    image = ImageSource(snakemake.input.image, **snakemake.params.image).read_header()
    write_fits_table(components, snakemake.output.table, image=image, history=history)
