"""Cut the patches on which the network of a training set is trained."""

from radiofind.finders.convosource.patches import cut_patches
from radiofind.finders.convosource.training_data import read_ground
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import provenance_of
from radiofind.mosaics.images import ImageSource

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    grounds = [
        read_ground(mosaic, **ground | {"image": ImageSource(**ground["image"])})
        for mosaic, ground in snakemake.params.mosaics.items()
    ]
    settings = snakemake.params.settings
    provenance = provenance_of(
        f"cut_patches {snakemake.wildcards.finder}",
        params={"settings": settings, "code": snakemake.params.code},
        inputs=snakemake.input,
    )
    cut_patches(
        snakemake.output.patches,
        grounds,
        train_snr=settings["train_snr"],
        train_rms=settings["train_rms"],
        stride_pixels=settings["stride_pixels"],
        provenance=provenance,
    )
