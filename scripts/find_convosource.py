"""Find sources in the tiles of a block with a network."""

from functools import partial

from radiofind.catalogues.detections import Found
from radiofind.finders.convosource.limits import ModelError
from radiofind.finders.convosource.search import find_sources, start_model
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
    settings = dict(params.settings)
    chosen = {key: settings.pop(key) for key in ("lowest_score", "flux_scale")}
    model = start_model(snakemake.input.network, snakemake.input.record, **settings)

    def search(files: TileFiles) -> Found:
        """Return what the network finds in a tile."""
        sky = read_field(mosaic, image, **files)
        return check(find_sources(sky, model=model, finder=finder, **chosen), sky)

    terms = {"tell": partial(provenance_of, f"find_convosource {finder}", params=params)}
    terms |= {"limit_min": snakemake.resources.runtime, "never_blame": (ModelError,)}
    search_tiles(search, snakemake.input, outputs=snakemake.output, **terms)
