"""Map the probability that a network gives to each pixel of a tile."""

from radiofind.convosource import map_tile, spread_over, start_model
from radiofind.fields import read_field
from radiofind.files import whole_or_absent
from radiofind.logs import log_to
from radiofind.tile_images import write_image

if __name__ == "__main__":
    log_to(snakemake.log[0])
    sky = read_field(
        mosaic=snakemake.wildcards.mosaic,
        tile=snakemake.input.tile,
        image=snakemake.input.image,
        noise=snakemake.input.noise,
        **snakemake.params.header,
    )
    model = start_model(snakemake.input.network, snakemake.input.record, **snakemake.params.settings)
    core = sky.tile.core
    probability = spread_over(core, *map_tile(sky, model=model))
    with whole_or_absent(snakemake.output.probability) as temporary:
        write_image({"PROBABILITY": probability}, temporary, header=sky.header, box=core, unit="")
