"""Train a member of a classifier."""

from radiofind.classifiers.cutouts import read_cutouts, read_provenance
from radiofind.classifiers.training import train_member
from radiofind.files import write_json
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import provenance_of
from radiofind.networks.saving import save_network
from radiofind.networks.training import forget_training

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input, checks={".h5": read_cutouts})
    names, params = dict(snakemake.wildcards.items()), snakemake.params
    state = f"{snakemake.output.network}.unfinished"
    network, record, _pace = train_member(
        read_cutouts(snakemake.input.cutouts),
        settings=params.settings,
        **params.numbers,
        state=state,
        code=params.code,
    )
    known = {"cutouts": read_provenance(snakemake.input.cutouts)}
    rule = f"train_classifier {names['network']}"
    provenance = provenance_of(rule, params=params, inputs=snakemake.input, known=known)
    save_network(network, snakemake.output.network)
    write_json({**record, **names, "provenance": provenance}, snakemake.output.record)
    forget_training(state)
