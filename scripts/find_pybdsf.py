"""Find the sources of a tile with PyBDSF."""

from radiofind.fields import read_field
from radiofind.files import write_parquet
from radiofind.logs import log_to
from radiofind.pybdsf import find_sources

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
    del settings["kind"]
    time_limit_s = settings.pop("time_limit_s")
    found = find_sources(
        sky,
        finder=snakemake.wildcards.finder,
        options=settings,
        time_limit_s=time_limit_s,
        rms_box=snakemake.params.rms_box,
    )
    write_parquet(found.components, snakemake.output.components)
    write_parquet(found.detections, snakemake.output.detections, metadata={"reason": found.reason})
