"""Find sources in the tiles of a block with PyBDSF."""

from functools import partial

from radiofind.catalogues.detections import Found
from radiofind.finders.plausibility import check
from radiofind.finders.pybdsf import find_sources
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
    limits = {key: params.settings[key] for key in ("time_limit_s", "largest_island_beam_areas")}
    options = {key: value for key, value in params.settings.items() if key not in ("kind", *limits)}
    limits["rms_box"] = params.rms_box

    def search(files: TileFiles) -> Found:
        """Return what PyBDSF finds in a tile."""
        sky = read_field(mosaic, image, **files)
        return check(find_sources(sky, finder=finder, options=options, **limits), sky)

    terms = {"tell": partial(provenance_of, f"find_pybdsf {finder}", params=params, tools=["bdsf"])}
    terms["limit_min"] = snakemake.resources.runtime
    search_tiles(search, snakemake.input, outputs=snakemake.output, **terms)
