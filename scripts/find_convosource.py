"""Find the sources of a tile with a network."""

from radiofind.attempts import attempt, forget_attempts
from radiofind.convosource import find_sources, start_model
from radiofind.damage import watch_for_damage
from radiofind.detections import Found, give_up
from radiofind.fields import read_field
from radiofind.files import write_parquet
from radiofind.logs import log_to
from radiofind.model_files import ModelError
from radiofind.provenance import provenance_of

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    mosaic, finder = snakemake.wildcards.mosaic, snakemake.wildcards.finder
    files = {name: snakemake.input[name] for name in ("tile", "image", "noise")}
    settings = dict(snakemake.params.settings)
    chosen = {key: settings.pop(key) for key in ("lowest_score", "flux_scale")}
    model = start_model(snakemake.input.network, snakemake.input.record, **settings)

    def search() -> Found:
        """Return what the network finds."""
        sky = read_field(mosaic=mosaic, **files, **snakemake.params.header)
        return find_sources(sky, model=model, finder=finder, **chosen)

    place = snakemake.output.detections
    found = attempt(search, place=place, give_up=give_up, never_blame=(ModelError,))
    rule = f"find_convosource {finder}"
    provenance = provenance_of(rule, params=snakemake.params, inputs=snakemake.input)
    write_parquet(found.detections, place, metadata={**found.told, "provenance": provenance})
    forget_attempts(place)
