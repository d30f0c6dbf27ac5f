"""Find the peaks of a tile."""

from radiofind.attempts import attempt, forget_attempts
from radiofind.damage import watch_for_damage
from radiofind.detections import Found, give_up
from radiofind.fields import read_field
from radiofind.files import write_parquet
from radiofind.logs import log_to
from radiofind.peaks import find_peaks
from radiofind.provenance import provenance_of

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    mosaic, finder = snakemake.wildcards.mosaic, snakemake.wildcards.finder
    files = {name: snakemake.input[name] for name in ("tile", "image", "noise")}

    def search() -> Found:
        """Return the peaks."""
        sky = read_field(mosaic=mosaic, **files, **snakemake.params.header)
        return find_peaks(sky, finder=finder, threshold=snakemake.params.settings["threshold"])

    found = attempt(search, place=snakemake.output.detections, give_up=give_up)
    provenance = provenance_of(f"find_peaks {finder}", params=snakemake.params, inputs=snakemake.input)
    write_parquet(
        found.detections, snakemake.output.detections, metadata={**found.told, "provenance": provenance}
    )
    forget_attempts(snakemake.output.detections)
