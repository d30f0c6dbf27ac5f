"""Tune the cuts of a finder on the validation boxes of a training set."""

from dataclasses import asdict

from radiofind.evaluation.comparison import read_area, read_comparison
from radiofind.evaluation.cuts import tune_cut
from radiofind.files import write_json
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    files = zip(snakemake.input.patches, snakemake.input.truths, snakemake.input.catalogues, strict=True)
    mosaics = []
    for (mosaic, boxes), (patches, truth, catalogue) in zip(
        snakemake.params.boxes.items(), files, strict=True
    ):
        area = read_area(mosaic, patches, **boxes)
        pair = read_comparison(
            area, patches=patches, truth=truth, catalogue=catalogue, truth_rms=snakemake.params.truth_rms
        )
        mosaics.append((pair.truth, pair.detections))
    radii = [one["radius_pixels"] for one in snakemake.params.radii.values()]
    cuts = [tune_cut(mosaics, snr_min=snr_min, radius_pixels=radii) for snr_min in snakemake.params.snr]
    write_json([asdict(cut) for cut in cuts if cut], snakemake.output.cuts)
