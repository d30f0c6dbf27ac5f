"""Find the peaks of a tile."""

from radiofind.fields import read_field
from radiofind.files import write_parquet
from radiofind.logs import log_to
from radiofind.peaks import find_peaks

if __name__ == "__main__":
    log_to(snakemake.log[0])
    sky = read_field(
        mosaic=snakemake.wildcards.mosaic,
        tile=snakemake.input.tile,
        image=snakemake.input.image,
        noise=snakemake.input.noise,
        **snakemake.params.header,
    )
    threshold = snakemake.params.settings["threshold"]
    found = find_peaks(sky, finder=snakemake.wildcards.finder, threshold=threshold)
    write_parquet(found.detections, snakemake.output.detections, metadata={"reason": found.reason})
