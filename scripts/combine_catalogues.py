"""Combine the catalogues of several finders into one."""

from radiofind.combining import combine, read_joined
from radiofind.evidence import read_model, score_sources
from radiofind.files import write_parquet
from radiofind.logs import log_to

if __name__ == "__main__":
    log_to(snakemake.log[0])
    settings = snakemake.params.settings
    paths = dict(zip(settings["of"], snakemake.input.catalogues, strict=True))
    joined = read_joined(paths, radius_pixels=snakemake.params.radius_pixels)
    score = score_sources(read_model(snakemake.input.model), joined, train_snr=settings["train_snr"])
    catalogue = combine(
        joined, finder=snakemake.wildcards.finder, fluxes_from=snakemake.params.fluxes_from, score=score
    )
    write_parquet(catalogue, snakemake.output.catalogue, metadata={"empty_tiles": {}})
