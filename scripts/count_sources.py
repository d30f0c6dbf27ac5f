"""Count the sources of a survey by flux."""

import pandas as pd

from radiofind.evaluation.counts import count_sources
from radiofind.files import read_metadata
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.survey.band import band_of
from radiofind.survey.fake_sources import fluxes_of, read_fake_sources, without_doubles
from radiofind.survey.inputs import read_survey
from radiofind.tables import read_csv, write_csv

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    given, params = snakemake.input, snakemake.params
    survey = read_survey(params.sheet, given.catalogues, given.rms, tiles=given.tiles)
    footprints = [member.read_footprint() for member in survey.members]
    sources = pd.read_parquet(given.survey, columns=["total_flux", "snr", "is_primary"])
    areas = read_csv(given.areas)
    fakes = without_doubles(read_fake_sources(given.fakes, footprints, beams=params.beams))
    counts = count_sources(
        sources[sources["is_primary"]],
        fluxes_of(fakes, **params.injected),
        area_deg2=areas.loc[areas["mosaic"] == "survey", "area_deg2"].max(),
        frequency_hz=band_of([read_metadata(path)["image"] for path in given.catalogues]).frequency_hz,
        completeness=read_csv(given.completeness),
        reliability=read_csv(given.reliability[0]) if given.reliability else None,
        finder=snakemake.wildcards.finder,
    )
    write_csv(counts, snakemake.output.counts)
