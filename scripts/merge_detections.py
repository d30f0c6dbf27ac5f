"""Merge the detections of all tiles of a mosaic."""

from functools import partial

from radiofind.catalogues.block_tables import files_by_tile
from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.image_cards import values_about
from radiofind.catalogues.merging import detection_reader, merge_detections
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.dask_workers import open_workers
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import fold_tiles, provenance_of
from radiofind.mosaics.images import ImageSource
from radiofind.mosaics.primary_beams import beam_sampler
from radiofind.mosaics.tiles import read_tile
from radiofind.networks.calibration import read_score_calibration
from radiofind.workflow.quarantine import sort_reasons

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    tiles = [read_tile(path) for path in snakemake.input.tiles]
    paths = files_by_tile(tiles, snakemake.input.detections)
    beam_at = beam_sampler(snakemake.input.get("primary_beam"))
    scores = read_score_calibration(snakemake.input.get("calibration"))
    step = f"merge_detections {snakemake.wildcards.finder}"
    told = fold_tiles(provenance_of(step, params=snakemake.params, inputs=snakemake.input))
    image = values_about(ImageSource(snakemake.input.image, **snakemake.params.image).read_header())
    metadata = {**sort_reasons(paths, of_mosaic=scores.warnings), "image": image, "provenance": told}
    merge = partial(merge_detections, detection_reader(paths), tiles, beam_at=beam_at, curve=scores.curve)
    with open_workers(**snakemake.config["dask"], threads=snakemake.threads) as workers:
        write_catalogue(merge(apply=workers.map), snakemake.output.catalogue, metadata=metadata)
