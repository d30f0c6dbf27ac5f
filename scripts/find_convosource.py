"""Find the sources of a tile with a network."""

from radiofind.convosource import find_sources, start_model
from radiofind.fields import read_field
from radiofind.files import write_parquet
from radiofind.logs import log_to

if __name__ == "__main__":
    log_to(snakemake.log[0])
    sky = read_field(
        mosaic=snakemake.wildcards.mosaic,
        tile=snakemake.input.tile,
        image=snakemake.input.image,
        noise=snakemake.input.noise,
        **snakemake.params.header,
    )
    settings = dict(snakemake.params.settings)
    chosen = {key: settings.pop(key) for key in ("lowest_score", "flux_scale")}
    model = start_model(snakemake.input.network, snakemake.input.record, **settings)
    found = find_sources(sky, model=model, finder=snakemake.wildcards.finder, **chosen)
    write_parquet(found.detections, snakemake.output.detections, metadata={"reason": found.reason})
