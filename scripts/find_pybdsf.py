"""Find the sources of a tile with PyBDSF."""

from radiofind.attempts import attempt, forget_attempts
from radiofind.damage import watch_for_damage
from radiofind.detections import Found, give_up
from radiofind.fields import read_field
from radiofind.files import write_parquet
from radiofind.logs import log_to
from radiofind.provenance import provenance_of
from radiofind.pybdsf import find_sources

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    mosaic, finder, params = snakemake.wildcards.mosaic, snakemake.wildcards.finder, snakemake.params
    files = {name: snakemake.input[name] for name in ("tile", "image", "noise")}
    options = {key: value for key, value in params.settings.items() if key not in ("kind", "time_limit_s")}
    limits = {"time_limit_s": params.settings["time_limit_s"], "rms_box": params.rms_box}

    def search() -> Found:
        """Return what PyBDSF finds."""
        sky = read_field(mosaic=mosaic, **files, **params.header)
        return find_sources(sky, finder=finder, options=options, **limits)

    found = attempt(search, place=snakemake.output.detections, give_up=give_up)
    provenance = provenance_of(f"find_pybdsf {finder}", params=params, inputs=snakemake.input, tools=["bdsf"])
    metadata = {**found.told, "provenance": provenance}
    write_parquet(found.components, snakemake.output.components)
    write_parquet(found.detections, snakemake.output.detections, metadata=metadata)
    forget_attempts(snakemake.output.detections)
