"""Merge the catalogues of all mosaics to a survey."""

from functools import partial

from radiofind.files import read_metadata
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.dask_workers import open_workers
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import fold_tiles, provenance_of
from radiofind.survey.band import band_of
from radiofind.survey.inputs import read_survey
from radiofind.survey.learned import Learned
from radiofind.survey.merging import write_survey
from radiofind.tables import read_csv

if __name__ == "__main__":
    log_to(snakemake.log[0])
    given, params = snakemake.input, snakemake.params
    watch_for_damage(given)
    rule = f"merge_survey {snakemake.wildcards.finder}"
    # The rms is made of the tiles whose fingerprints are those of the catalogues. Weights are as large as
    # images, and their digests stand in the record of the run.
    known = {"rms": {}, "tiles": {}, "weights": {}}
    provenance = fold_tiles(provenance_of(rule, params=params, inputs=given, known=known))
    band = band_of([read_metadata(path)["image"] for path in given.catalogues])
    terms = {"prefix": params.prefix, "frequency_hz": band.frequency_hz}
    terms |= {"metadata": {"provenance": provenance}}
    further = {"flux_correction": given.flux_correction, "reliability": given.reliability}
    terms["learned"] = Learned(**{name: next(map(read_csv, paths), None) for name, paths in further.items()})
    with open_workers(**snakemake.config["dask"], threads=snakemake.threads) as workers:
        files = {"catalogues": given.catalogues, "rms": given.rms, "tiles": given.tiles}
        survey = read_survey(params.sheet, **files, apply=workers.map)
        write_survey(survey, snakemake.output.catalogue, **terms, apply=partial(workers.map, together=1))
