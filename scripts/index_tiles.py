"""Index the tiles of all mosaics, and rewrite the files of tiles that have changed."""

from pathlib import Path

import pandas as pd

from radiofind.files import read_metadata
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.tables import write_parquet
from radiofind.workflow.network_limits import PIXELS_PER_BEAM, check_networks
from radiofind.workflow.survey_limits import FREQUENCY, check_frequencies
from radiofind.workflow.tile_index import WARNINGS, describe_tiles, index_tiles, update_tile_files

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    tables = map(pd.read_parquet, snakemake.input.fingerprints)
    tiles = index_tiles(dict(zip(snakemake.params.mosaics, tables, strict=True)), only=snakemake.params.only)
    told = dict(zip(snakemake.params.mosaics, map(read_metadata, snakemake.input.fingerprints), strict=True))
    widths = {mosaic: said.get(PIXELS_PER_BEAM) for mosaic, said in told.items()}
    check_networks(tiles, widths, snakemake.params.networks)
    check_frequencies({mosaic: told[mosaic].get(FREQUENCY) for mosaic in snakemake.params.survey})
    for mosaic, descriptions in describe_tiles(tiles).items():
        update_tile_files(descriptions, Path(f"results/{mosaic}/tiles"))
    warnings = {mosaic: said[WARNINGS] for mosaic, said in told.items() if said[WARNINGS]}
    write_parquet(tiles, snakemake.output.tiles, metadata={WARNINGS: warnings})
