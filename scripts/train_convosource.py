"""Train the network of a finder."""

from radiofind.files import write_json
from radiofind.finders.convosource.patches import read_origin
from radiofind.finders.convosource.training import train_finder
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import provenance_of
from radiofind.networks.saving import save_network
from radiofind.networks.training import forget_training

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input, checks={".h5": read_origin})
    state, start = f"{snakemake.output.network}.unfinished", snakemake.input.get("start")
    network, record = train_finder(
        snakemake.input.patches,
        settings=snakemake.params.settings,
        radius_pixels={mosaic: one["radius_pixels"] for mosaic, one in snakemake.params.radii.items()},
        start=start,
        state=state,
        code=snakemake.params.code,
    )
    provenance = provenance_of(
        f"train_convosource {snakemake.wildcards.finder}",
        params=snakemake.params,
        inputs=snakemake.input,
        known={"patches": read_origin(snakemake.input.patches)["provenance"]},
    )
    save_network(network, snakemake.output.network)
    write_json({**record, **snakemake.wildcards, "provenance": provenance}, snakemake.output.record)
    forget_training(state)
