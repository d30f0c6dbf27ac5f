"""Measure spectral indices between a mosaic and another of the same field."""

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.columns import SPECTRAL
from radiofind.catalogues.exports import write_fits_table
from radiofind.evaluation.spectral_index import measure_spectral_indices
from radiofind.files import read_metadata
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import fold_tiles, in_lines, provenance_of
from radiofind.mosaics.images import ImageSource

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    catalogue, params = snakemake.input.catalogue, snakemake.params
    indices = measure_spectral_indices(catalogue, snakemake.input.others)
    rule = f"measure_spectral_index {snakemake.wildcards.finder}"
    provenance = fold_tiles(provenance_of(rule, params=params, inputs=snakemake.input))
    metadata = {"image": read_metadata(catalogue)["image"], "provenance": provenance}
    write_catalogue([indices], snakemake.output.indices, columns=SPECTRAL, metadata=metadata)
    image = ImageSource(snakemake.input.image, **params.image).read_header()
    write_fits_table(indices, snakemake.output.table, image=image, history=in_lines(provenance))
