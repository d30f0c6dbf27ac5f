"""Measure mean and noise of a tile."""

import numpy as np

from radiofind.fields import read_tile
from radiofind.files import whole_or_absent
from radiofind.images import read_header, read_pixels
from radiofind.logs import log_to
from radiofind.noise import measure_noise, noise_settings
from radiofind.tile_images import write_image

if __name__ == "__main__":
    log_to(snakemake.log[0])
    settings = noise_settings(**snakemake.params.noise)
    box = read_tile(snakemake.input.tile).box
    header = read_header(snakemake.input.image, **snakemake.params.header)
    support = box.grown(settings.reach_pixels, header.shape)
    pixels = read_pixels(header, support)
    mean, rms = measure_noise(pixels, support=support, target=box, settings=settings)
    rms[np.isnan(pixels[box.within(support)])] = np.nan
    with whole_or_absent(snakemake.output.noise) as temporary:
        write_image({"MEAN": mean, "RMS": rms}, temporary, header=header, box=box)
