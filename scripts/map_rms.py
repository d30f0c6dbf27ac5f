"""Join the noise maps of the tiles of a mosaic to one image of its rms."""

from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.mosaics.images import ImageSource
from radiofind.mosaics.mosaic_images import mosaic_image
from radiofind.mosaics.tile_images import read_planes
from radiofind.mosaics.tiles import read_tile

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    header = ImageSource(snakemake.input.image, **snakemake.params.image).read_header()
    tiles = map(read_tile, snakemake.input.tiles)
    with mosaic_image(snakemake.output.rms, header) as write:
        for path, tile in zip(snakemake.input.noise, tiles, strict=True):
            write(tile.core, read_planes(path, "RMS")[0][tile.core.within(tile.box)])
