"""Measure the completeness of a finder in a mosaic, from fake sources."""

import pandas as pd

from radiofind.evaluation.completeness import completeness_by_shape, measure_completeness
from radiofind.files import read_metadata
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.mosaics.images import ImageSource
from radiofind.mosaics.injections import Injections
from radiofind.mosaics.tiles import read_tile
from radiofind.tables import write_csv, write_parquet

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    given, params, names = snakemake.input, snakemake.params, dict(snakemake.wildcards.items())
    tiles = [read_tile(path) for path in given.tiles]
    sources = measure_completeness(
        [Injections(realisation=number, **params.sources) for number in params.realisations],
        given.injected,
        tiles,
        noise=dict(zip((tile.name for tile in tiles), given.noise, strict=True)),
        header=ImageSource(given.image, **params.image).read_header(),
        catalogue=pd.read_parquet(given.catalogue),
        failed=read_metadata(given.catalogue).get("failed_tiles", {}),
        radius_pixels=params.radius_pixels,
    ).assign(**names)
    write_parquet(sources, snakemake.output.sources)
    write_csv(completeness_by_shape(sources, **names), snakemake.output.completeness)
