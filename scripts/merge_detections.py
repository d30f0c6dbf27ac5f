"""Merge the detections of all tiles of a mosaic."""

import dask

from radiofind.fields import read_tile
from radiofind.files import read_metadata
from radiofind.images import beam_sampler
from radiofind.logs import log_to
from radiofind.merging import detection_reader, merge_detections, write_tables

if __name__ == "__main__":
    log_to(snakemake.log[0])
    dask.config.set(num_workers=snakemake.threads)
    tiles = [read_tile(path) for path in snakemake.input.tiles]
    paths = dict(zip([tile.name for tile in tiles], snakemake.input.detections, strict=True))
    catalogue = merge_detections(
        detection_reader(paths), tiles, beam_at=beam_sampler(snakemake.input.get("primary_beam"))
    )
    reasons = {tile: read_metadata(path)["reason"] for tile, path in paths.items()}
    empty_tiles = {tile: reason for tile, reason in reasons.items() if reason}
    write_tables(catalogue, snakemake.output.catalogue, metadata={"empty_tiles": empty_tiles})
