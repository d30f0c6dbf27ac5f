"""Place the truth on a mosaic."""

from radiofind.evaluation.placed_truth import place_truth
from radiofind.evaluation.truth import read_truth
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.mosaics.images import ImageSource
from radiofind.mosaics.noise_summary import noise_at
from radiofind.mosaics.primary_beams import beam_sampler
from radiofind.mosaics.tile_images import read_planes
from radiofind.mosaics.tiles import read_tile
from radiofind.tables import write_parquet

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    truth = read_truth(snakemake.input.truth, **snakemake.params.truth)
    header = ImageSource(snakemake.input.image, **snakemake.params.image).read_header()
    x, y = header.coordinates.to_pixels(truth["ra"], truth["dec"])
    beam = beam_sampler(snakemake.input.get("primary_beam"))(truth["ra"], truth["dec"])
    tiles = [read_tile(path) for path in snakemake.input.tiles]
    paths = dict(zip([tile.name for tile in tiles], snakemake.input.noise, strict=True))
    rms = noise_at(x, y, tiles, read=lambda tile: read_planes(paths[tile.name], "RMS")[0])
    write_parquet(place_truth(truth, x, y, primary_beam=beam, rms=rms), snakemake.output.truth)
