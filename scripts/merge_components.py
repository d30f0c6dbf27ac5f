"""Merge the Gaussians of all tiles of a mosaic, keeping those of sources in its catalogue."""

import pandas as pd

from radiofind.catalogues.block_tables import files_by_tile
from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.columns import COMPONENT
from radiofind.catalogues.image_cards import values_about
from radiofind.catalogues.merging import detection_reader, merge_components
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.dask_workers import open_workers
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import fold_tiles, provenance_of
from radiofind.mosaics.images import ImageSource
from radiofind.mosaics.primary_beams import beam_sampler
from radiofind.mosaics.tiles import read_tile

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    tiles = [read_tile(path) for path in snakemake.input.tiles]
    read = detection_reader(files_by_tile(tiles, snakemake.input.components))
    catalogue = pd.read_parquet(snakemake.input.catalogue, columns=["source_id", "tile"])
    beam_at = beam_sampler(snakemake.input.get("primary_beam"))
    rule = f"merge_components {snakemake.wildcards.finder}"
    provenance = provenance_of(rule, params=snakemake.params, inputs=snakemake.input)
    image = values_about(ImageSource(snakemake.input.image, **snakemake.params.image).read_header())
    terms = {"columns": COMPONENT, "metadata": {"image": image, "provenance": fold_tiles(provenance)}}
    with open_workers(**snakemake.config["dask"], threads=snakemake.threads) as workers:
        components = merge_components(read, tiles, catalogue=catalogue, beam_at=beam_at, apply=workers.map)
        write_catalogue(components, snakemake.output.components, **terms)
