"""Classify the sources of a catalogue by applying a network to their cutouts."""

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.class_columns import columns_of
from radiofind.classifiers.classifying import apply_classifier, read_source_classifier
from radiofind.classifiers.survey_inputs import read_survey_sources
from radiofind.files import read_metadata
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import fold_tiles, provenance_of
from radiofind.mosaics.images import ImageSource

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    given, params = snakemake.input, snakemake.params
    images = {snakemake.wildcards.mosaic: ImageSource(given.image, **params.image)}
    (mosaic,) = read_survey_sources(images, catalogues=[given.catalogue], components=list(given.components))
    classifier = read_source_classifier(given.network, given.record, threads=params.threads)
    classified = apply_classifier(mosaic, classifier, name=params.name)
    provenance = provenance_of(f"apply_classifier {snakemake.wildcards.finder}", params=params, inputs=given)
    metadata = read_metadata(given.catalogue) | {"provenance": fold_tiles(provenance)}
    write_catalogue(
        [classified], snakemake.output.catalogue, columns=columns_of(classified), metadata=metadata
    )
