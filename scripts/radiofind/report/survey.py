"""The report's content on the survey, from the metadata of its catalogues and from its table of areas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from radiofind.files import read_metadata
from radiofind.tables import read_csv
from radiofind.workflow.plan.survey_products import SUFFIXES

WHOLE = "survey"
"""Name of all mosaics together in the table of areas. (`survey.coverage` loads more than a report needs.)"""
UNCONFIRMED = "unconfirmed"
"""Flag of sources that the owner of their position lacks (see `survey.flags`)."""
MOST_PAIRS = 10
"""Pairs of mosaics that are listed: those whose fluxes differ most."""
FEWEST_SOURCES = 5
"""Sources that two mosaics must share to be listed."""
AGREEMENT = ("pairs", "flux_ratio", "flux_scatter", "ra_offset_arcsec", "dec_offset_arcsec")
"""What is told of how mosaics agree (see `survey.scatter.summarise`)."""
FINDER = ("finder", "sources", "rows", UNCONFIRMED, *AGREEMENT)
MOSAICS = ("finder", "mosaic", "other", *AGREEMENT)
AREA = ("mosaic", "rms", "area_deg2")
"""Columns of the tables of `SurveyReport`."""


@dataclass(frozen=True)
class SurveyReport:
    """What a report tells of a survey."""

    finders: pd.DataFrame
    """`FINDER`: numbers of sources, of rows and of unconfirmed rows, and how mosaics agree."""
    flags: pd.DataFrame
    """Number of sources (primary rows) with each flag, a row for each flag and a column for each finder."""
    mosaics: pd.DataFrame
    """`MOSAICS`: the two mosaics whose fluxes differ most, and so on."""
    area: pd.DataFrame
    """`AREA`: the area searched to a noise (Jy/beam) or a lower one, of all mosaics together."""
    files: Mapping[str, Sequence[str]]
    """Files by finder, and those of all finders under an empty name; paths start from the report."""

    @property
    def area_deg2(self) -> float:
        """The area that was searched; NaN if it is not known."""
        return float(self.area["area_deg2"].max())

    @property
    def median_rms(self) -> float:
        """The noise that half of the area has, or a lower one (Jy/beam); NaN if it is not known."""
        return float(self.area.loc[self.area["area_deg2"] >= self.area_deg2 / 2, "rms"].min())


def read_survey_report(
    catalogues: Sequence[str], areas: Sequence[str], *, products: Iterable[str]
) -> SurveyReport | None:
    """Return the report's content on the survey; None if there is none.

    Parameters
    ----------
    catalogues
        ``results/survey/{finder}.parquet`` of each finder; only their metadata are read.
    areas
        ``results/survey/rms_area.csv``, if it is made.
    products
        What else is made of each catalogue, as the configuration names it.
    """
    if not catalogues:
        return None
    told = {Path(path).stem: read_metadata(path)["survey"] for path in catalogues}
    finders = [{"finder": finder, **one, **one["agreement"]} for finder, one in told.items()]
    unconfirmed = [one["flags"].get(UNCONFIRMED, 0) for one in told.values()]
    tables = [read_csv(path).rename(columns={"rms_jy_per_beam": "rms"}) for path in areas]
    area = pd.concat([pd.DataFrame(columns=list(AREA)), *tables])
    return SurveyReport(
        finders=pd.DataFrame(finders).assign(unconfirmed=unconfirmed).reindex(columns=list(FINDER)),
        flags=_flags(told),
        mosaics=_least_alike(told),
        area=area.loc[area["mosaic"] == WHOLE, list(AREA)],
        files=_files(list(told), products),
    )


def _flags(told: Mapping[str, Mapping]) -> pd.DataFrame:
    """Return the number of sources with each flag by finder."""
    counts = pd.DataFrame({finder: pd.Series(one["flags_of_primary_rows"]) for finder, one in told.items()})
    return counts.fillna(0).sort_index()


def _least_alike(told: Mapping[str, Mapping]) -> pd.DataFrame:
    """Return the pairs of mosaics whose fluxes differ most."""
    rows = [{"finder": finder, **two} for finder, one in told.items() for two in one["agreement_by_mosaics"]]
    table = pd.DataFrame(rows, columns=list(MOSAICS))
    shared = table[table["pairs"] >= FEWEST_SOURCES]
    differences = np.abs(np.log(shared["flux_ratio"].astype(float)))
    return shared.loc[differences.sort_values(ascending=False, kind="stable").index[:MOST_PAIRS]]


def _files(finders: Sequence[str], products: Iterable[str]) -> dict[str, list[str]]:
    """Return the files by finder, and those of all finders under an empty name."""
    products = set(products)
    suffixes = ["parquet", *(suffix for product, suffix in SUFFIXES.items() if product in products)]
    files = {finder: [f"survey/{finder}.{suffix}" for suffix in suffixes] for finder in finders}
    if "hats" in products:
        files = {finder: [*paths, f"survey/hats/{finder}/"] for finder, paths in files.items()}
    return files | {"": ["survey/coverage.moc.fits", "survey/rms_area.csv"] if "moc" in products else []}
