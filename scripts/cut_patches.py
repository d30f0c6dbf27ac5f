"""Cut the patches that a network of a training set is trained on."""

from radiofind.grounds import read_ground
from radiofind.logs import log_to
from radiofind.patches import cut_patches

if __name__ == "__main__":
    log_to(snakemake.log[0])
    grounds = [read_ground(mosaic, **files) for mosaic, files in snakemake.params.mosaics.items()]
    settings = snakemake.params.settings
    cut_patches(
        snakemake.output.patches,
        grounds,
        train_snr=settings["train_snr"],
        train_rms=settings["train_rms"],
        stride_pixels=settings["stride_pixels"],
    )
