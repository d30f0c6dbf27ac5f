"""Summarise the noise of a mosaic per patch."""

import pandas as pd

from radiofind.damage import watch_for_damage
from radiofind.fields import read_tile
from radiofind.files import write_parquet
from radiofind.images import read_header
from radiofind.logs import log_to
from radiofind.noise_summary import NO_PATCHES, median_noise, sample_noise, summarise_patches
from radiofind.tile_images import read_metadata, read_planes

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    header = read_header(snakemake.input.image, **snakemake.params.header)
    patches, samples, failed = [NO_PATCHES], [], {}
    for path, tile in zip(snakemake.input.noise, map(read_tile, snakemake.input.tiles), strict=True):
        rms = read_planes(path, "RMS")[0][tile.core.within(tile.box)]
        patches.append(summarise_patches(rms, tile.core, shape=header.shape))
        samples.append(sample_noise(rms))
        failed[tile.name] = read_metadata(path)["failed"]
    summary = {
        "shape": header.shape,
        "pixel_arcsec": header.pixel_arcsec,
        "median_rms": median_noise(samples),
        "failed_tiles": {tile: reason for tile, reason in failed.items() if reason},
    }
    write_parquet(pd.concat(patches, ignore_index=True), snakemake.output.patches, metadata=summary)
