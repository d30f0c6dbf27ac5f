"""Draw the Gaussians of a catalogue, and the image without them."""

import pandas as pd

from radiofind.catalogues.model_images import write_model_images
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.mosaics.images import ImageSource

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    header = ImageSource(snakemake.input.image, **snakemake.params.image).read_header()
    components = pd.read_parquet(snakemake.input.components)
    write_model_images(components, header, **dict(snakemake.output.items()))
