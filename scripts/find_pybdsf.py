"""Find the sources of the tiles of a block with PyBDSF."""

from functools import partial

from radiofind.damage import watch_for_damage
from radiofind.detections import Found
from radiofind.fields import read_field
from radiofind.logs import log_to
from radiofind.plausibility import check
from radiofind.provenance import provenance_of
from radiofind.pybdsf import find_sources
from radiofind.searches import TileFiles, search_tiles

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    mosaic, finder, params = snakemake.wildcards.mosaic, snakemake.wildcards.finder, snakemake.params
    options = {key: value for key, value in params.settings.items() if key not in ("kind", "time_limit_s")}
    limits = {"time_limit_s": params.settings["time_limit_s"], "rms_box": params.rms_box}

    def search(files: TileFiles) -> Found:
        """Return what PyBDSF finds in a tile."""
        sky = read_field(mosaic=mosaic, image=snakemake.input.image, **files, **params.header)
        return check(find_sources(sky, finder=finder, options=options, **limits), sky)

    tell = partial(provenance_of, f"find_pybdsf {finder}", params=params, tools=["bdsf"])
    search_tiles(search, snakemake.input, outputs=snakemake.output, tell=tell)
