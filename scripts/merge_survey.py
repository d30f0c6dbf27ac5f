"""Merge the catalogues of all mosaics to a survey."""

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.class_columns import classes_of
from radiofind.catalogues.records import Layout, widths_in
from radiofind.catalogues.votables import parquet_keys
from radiofind.files import read_metadata
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import fold_tiles, provenance_of
from radiofind.survey.band import band_of
from radiofind.survey.inputs import read_survey
from radiofind.survey.merging import merge_survey, survey_columns

if __name__ == "__main__":
    log_to(snakemake.log[0])
    given, params = snakemake.input, snakemake.params
    watch_for_damage(given)
    catalogues, footprints = read_survey(params.sheet, given.catalogues, given.rms, tiles=given.tiles)
    survey = merge_survey(catalogues, footprints, prefix=params.prefix)
    rule = f"merge_survey {snakemake.wildcards.finder}"
    # The rms is made of the tiles whose fingerprints are those of the catalogues. Weights are as large as
    # images, and their digests stand in the record of the run.
    known = {"rms": {}, "tiles": {}, "weights": {}}
    provenance = fold_tiles(provenance_of(rule, params=params, inputs=given, known=known))
    metadata = {"survey": survey.summary, "provenance": provenance}
    columns = survey_columns(classes_of(survey.catalogue))
    band = band_of([read_metadata(path)["image"] for path in given.catalogues])
    widths = widths_in(survey.catalogue, columns)
    keys = parquet_keys(Layout(columns, widths, len(survey.catalogue), band.frequency_hz))
    write_catalogue(
        [survey.catalogue], snakemake.output.catalogue, columns=columns, metadata=metadata, keys=keys
    )
