"""Find the peaks of the tiles of a block."""

from functools import partial

from radiofind.damage import watch_for_damage
from radiofind.detections import Found
from radiofind.fields import read_field
from radiofind.logs import log_to
from radiofind.peaks import find_peaks
from radiofind.plausibility import check
from radiofind.provenance import provenance_of
from radiofind.searches import TileFiles, search_tiles

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    mosaic, finder, params = snakemake.wildcards.mosaic, snakemake.wildcards.finder, snakemake.params

    def search(files: TileFiles) -> Found:
        """Return the peaks of a tile."""
        sky = read_field(mosaic=mosaic, image=snakemake.input.image, **files, **params.header)
        return check(find_peaks(sky, finder=finder, threshold=params.settings["threshold"]), sky)

    tell = partial(provenance_of, f"find_peaks {finder}", params=params)
    search_tiles(search, snakemake.input, outputs=snakemake.output, tell=tell)
