"""Combine the members of a classifier into an ensemble, and score both on the test cutouts."""

from radiofind.classifiers.capsule_views import write_capsule_views
from radiofind.classifiers.cutouts import read_cutouts
from radiofind.classifiers.evaluation import confusion_of, score_members
from radiofind.classifiers.predictions import with_ensemble
from radiofind.classifiers.results import joined_members, member_files, predict_members, view_capsules
from radiofind.files import write_json
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import provenance_of
from radiofind.networks.saving import save_network
from radiofind.tables import write_csv, write_parquet

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input, checks={".h5": read_cutouts})
    names, params, output = dict(snakemake.wildcards.items()), snakemake.params, snakemake.output
    cutouts = read_cutouts(snakemake.input.cutouts)
    members = member_files(params.members, snakemake.input.networks, snakemake.input.records)
    predictions = predict_members(cutouts, members, threads=params.n_threads)
    write_csv(score_members(predictions, seed=params.seed, **names), output.metrics)
    write_csv(confusion_of(predictions), output.confusion)
    write_parquet(with_ensemble(predictions), output.predictions)
    write_capsule_views(view_capsules(cutouts, members[0]), output.views)
    network, record = joined_members(members)
    save_network(network, output.network)
    inputs = {"records": snakemake.input.records}
    provenance = provenance_of(f"evaluate_classifier {names['network']}", params=params, inputs=inputs)
    shown = {"cutout_pixels": min(cutouts.image.shape[1:]), "mask_rms": params.mask_rms}
    write_json({**record, **names, **shown, "provenance": provenance}, output.record)
