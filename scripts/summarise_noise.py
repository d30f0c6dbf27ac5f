"""Summarise the noise of a mosaic in patches of 50 x 50 pixels."""

import pandas as pd

from radiofind.files import read_metadata
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.mosaics.images import ImageSource
from radiofind.mosaics.noise_places import covered_places, nodes_in
from radiofind.mosaics.noise_summary import NO_PATCHES, median_noise, sample_noise, summarise_patches
from radiofind.mosaics.tile_images import read_planes
from radiofind.mosaics.tiles import read_tile
from radiofind.tables import write_parquet

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    header = ImageSource(snakemake.input.image, **snakemake.params.image).read_header()
    patches, samples, notes, covered = [NO_PATCHES], [], {}, []
    for path, tile in zip(snakemake.input.noise, map(read_tile, snakemake.input.tiles), strict=True):
        rms = read_planes(path, "RMS")[0][tile.core.within(tile.box)]
        patches.append(summarise_patches(rms, tile.core, shape=header.shape))
        samples.append(sample_noise(rms))
        notes[tile.name] = read_metadata(path)
        covered += nodes_in(tile.core, notes[tile.name]["covered_nodes"])
    summary = {
        "shape": header.shape,
        "pixel_arcsec": header.pixel_arcsec,
        "median_rms": median_noise(samples),
        "covered_places": covered_places(covered, header.coordinates, box_pixels=snakemake.params.box_pixels),
        "failed_tiles": {tile: noted["failed"] for tile, noted in notes.items() if noted["failed"]},
    }
    write_parquet(pd.concat(patches, ignore_index=True), snakemake.output.patches, metadata=summary)
