"""Combine the catalogues of several finders into one."""

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.files import read_metadata
from radiofind.finders.combined import combine, failed_in_parts, read_joined
from radiofind.finders.combined_score import read_model, score_sources
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import fold_tiles, provenance_of

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    settings = snakemake.params.settings
    paths = dict(zip(settings["of"], snakemake.input.catalogues, strict=True))
    joined = read_joined(paths, radius_pixels=snakemake.params.radius_pixels)
    score = score_sources(read_model(snakemake.input.model), joined, train_snr=settings["train_snr"])
    catalogue = combine(
        joined, finder=snakemake.wildcards.finder, fluxes_from=snakemake.params.fluxes_from, score=score
    )
    rule = f"combine_catalogues {snakemake.wildcards.finder}"
    provenance = provenance_of(rule, params=snakemake.params, inputs=snakemake.input)
    of_tiles = {"empty_tiles": {}, "failed_tiles": failed_in_parts(paths), "warnings": {}}
    image = read_metadata(snakemake.input.catalogues[0])["image"]
    metadata = {**of_tiles, "image": image, "provenance": fold_tiles(provenance)}
    write_catalogue([catalogue], snakemake.output.catalogue, metadata=metadata)
