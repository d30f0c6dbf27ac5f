"""Train the network of a finder."""

from radiofind.convosource_training import train_finder
from radiofind.files import whole_or_absent, write_json
from radiofind.logs import log_to

if __name__ == "__main__":
    log_to(snakemake.log[0])
    network, record = train_finder(
        snakemake.input.patches,
        settings=snakemake.params.settings,
        radius_pixels=snakemake.params.radius_pixels,
        state=f"{snakemake.output.network}.unfinished",
        code=snakemake.params.code,
    )
    with whole_or_absent(snakemake.output.network) as temporary:
        network.save(temporary)
    write_json({**record, **dict(snakemake.wildcards.items())}, snakemake.output.record)
