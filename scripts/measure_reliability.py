"""Measure the reliability of a finder in a mosaic, from the negated image."""

import pandas as pd

from radiofind.evaluation.further_searches import merge_search, rows_in, searched_tiles
from radiofind.evaluation.negation import reliability_by_snr
from radiofind.files import read_metadata
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.mosaics.images import ImageSource
from radiofind.mosaics.tiles import read_tile
from radiofind.tables import write_csv

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    given, names = snakemake.input, dict(snakemake.wildcards.items())
    tiles = [read_tile(path) for path in given.tiles]
    failed = read_metadata(given.catalogue).get("failed_tiles", {})
    searched = searched_tiles(tiles, given.negated, failed=failed)
    header = ImageSource(given.image, **snakemake.params.image).read_header()
    catalogues = (pd.read_parquet(given.catalogue), merge_search(given.negated, tiles))
    compared = (rows_in(table, searched) for table in catalogues)
    table = reliability_by_snr(*compared, beam_pixels=header.beam_major_pixels, **names)
    write_csv(table, snakemake.output.reliability)
