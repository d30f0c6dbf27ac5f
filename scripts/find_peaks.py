"""Find peaks in the tiles of a block."""

from functools import partial

from radiofind.catalogues.detections import Found
from radiofind.finders.peaks import find_peaks
from radiofind.finders.plausibility import check
from radiofind.finders.tile_search import TileFiles, search_tiles
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import provenance_of
from radiofind.mosaics.field import read_field
from radiofind.mosaics.images import ImageSource

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    mosaic, finder, params = snakemake.wildcards.mosaic, snakemake.wildcards.finder, snakemake.params
    image = ImageSource(snakemake.input.image, **params.image)

    def search(files: TileFiles) -> Found:
        """Return the peaks of a tile."""
        sky = read_field(mosaic, image, **files)
        return check(find_peaks(sky, finder=finder, threshold=params.settings["threshold"]), sky)

    terms = {"tell": partial(provenance_of, f"find_peaks {finder}", params=params)}
    terms["limit_min"] = snakemake.resources.runtime
    search_tiles(search, snakemake.input, outputs=snakemake.output, **terms)
