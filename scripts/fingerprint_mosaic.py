"""Fingerprint the tiles of a mosaic."""

from radiofind.jobs.job_log import log_to
from radiofind.mosaics.images import ImageSource
from radiofind.tables import write_parquet
from radiofind.workflow.fingerprints import fingerprint_mosaic
from radiofind.workflow.network_limits import PIXELS_PER_BEAM
from radiofind.workflow.survey_limits import FREQUENCY
from radiofind.workflow.tile_index import WARNINGS

if __name__ == "__main__":
    log_to(snakemake.log[0])
    fingerprints = fingerprint_mosaic(
        ImageSource(
            snakemake.input.image,
            **snakemake.params.image,
            primary_beam=snakemake.input.get("primary_beam") or None,
        ),
        tiling=snakemake.params.tiling,
        noise=snakemake.params.noise,
        truth=snakemake.input.get("truth"),
        **snakemake.params.truth,
    )
    told = {
        WARNINGS: fingerprints.warnings,
        PIXELS_PER_BEAM: fingerprints.pixels_per_beam,
        FREQUENCY: fingerprints.frequency_hz,
    }
    write_parquet(fingerprints.tiles, snakemake.output.fingerprints, metadata=told)
