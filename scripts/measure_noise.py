"""Measure the mean and noise maps of a tile."""

from functools import partial

from radiofind.files import whole_or_absent
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import provenance_of
from radiofind.jobs.retries import attempt, end_attempts
from radiofind.mosaics.images import ImageSource
from radiofind.mosaics.noise import noise_settings
from radiofind.mosaics.noise_maps import give_up, map_noise
from radiofind.mosaics.tile_images import write_image
from radiofind.mosaics.tiles import read_tile

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    box = read_tile(snakemake.input.tile).box
    header = ImageSource(snakemake.input.image, **snakemake.params.image).read_header()
    measure = partial(map_noise, header, box, settings=noise_settings(**snakemake.params.noise))
    provenance = provenance_of(snakemake.rule, params=snakemake.params, inputs=snakemake.input)
    noise = attempt(
        measure,
        place=snakemake.output.noise,
        give_up=partial(give_up, box),
        limit_s=60 * snakemake.resources.runtime,
        made_of=provenance,
    )
    metadata = {**noise.told, "provenance": provenance}
    with whole_or_absent(snakemake.output.noise) as temporary:
        write_image(noise.planes, temporary, header=header, box=box, metadata=metadata)
    end_attempts(snakemake.output.noise, failed=noise.failed)
