"""Classify the sources of a catalogue with a model learned from the truth."""

import pandas as pd

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.class_columns import columns_of, with_classes
from radiofind.classifiers.sources.classes import apply, read_class_model
from radiofind.classifiers.sources.features import features_of
from radiofind.classifiers.sources.inputs import read_context
from radiofind.files import read_metadata
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import fold_tiles, provenance_of
from radiofind.mosaics.images import ImageSource, image_sources

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    params, catalogue = snakemake.params, pd.read_parquet(snakemake.input.catalogue)
    model = read_class_model(snakemake.input.model)
    partners = image_sources(params.partners[snakemake.wildcards.mosaic])
    image = ImageSource(snakemake.input.images[0], **params.image)  # the first is that of the catalogue
    features = features_of(catalogue, **read_context(catalogue, image, partners))
    probabilities = apply(model, features)
    classified = with_classes(catalogue, probabilities, model.classes, params.name)
    rule = f"classify_sources {snakemake.wildcards.finder}"
    provenance = fold_tiles(provenance_of(rule, params=params, inputs=snakemake.input))
    metadata = read_metadata(snakemake.input.catalogue) | {"provenance": provenance}
    write_catalogue(
        [classified], snakemake.output.catalogue, columns=columns_of(classified), metadata=metadata
    )
