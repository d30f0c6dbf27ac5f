"""Write the probability map of a tile, the output of a network for each pixel."""

from radiofind.files import whole_or_absent
from radiofind.finders.convosource.search import map_tile, spread_over, start_model
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import provenance_of
from radiofind.mosaics.field import read_field
from radiofind.mosaics.images import ImageSource
from radiofind.mosaics.tile_images import write_image

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    image = ImageSource(snakemake.input.image, **snakemake.params.image)
    files = {"tile": snakemake.input.tile, "noise": snakemake.input.noise}
    sky = read_field(snakemake.wildcards.mosaic, image, **files)
    model = start_model(snakemake.input.network, snakemake.input.record, **snakemake.params.settings)
    core = sky.tile.core
    probability = spread_over(core, *map_tile(sky, model=model))
    provenance = provenance_of(
        f"map_probability {snakemake.wildcards.finder}", params=snakemake.params, inputs=snakemake.input
    )
    with whole_or_absent(snakemake.output.probability) as temporary:
        planes, metadata = {"PROBABILITY": probability}, {"provenance": provenance}
        write_image(planes, temporary, header=sky.header, box=core, unit="", metadata=metadata)
