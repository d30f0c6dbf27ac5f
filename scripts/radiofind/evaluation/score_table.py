"""Format the scores as a text table for the terminal: totals over all mosaics, on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from radiofind.evaluation.ranking import pool, scored_region

NO_TRUTH = "No mosaic has a truth above the lowest SNR: nothing to score.\n"
SHOWN = {
    "snr_min": ("SNR", "{:g}"),
    "finder": ("finder", "{}"),
    "cut": ("cut", "{}"),
    "n_truth": ("truth", "{:.0f}"),
    "n_detections": ("detected", "{:.0f}"),
    "n_matched": ("matched", "{:.0f}"),
    "chance_matches": ("chance", "{:.0f}"),
    "completeness": ("complete", "{:.3f}"),
    "reliability": ("reliable", "{:.3f}"),
    "f1": ("F1", "{:.3f}"),
    "f1_low": ("low", "{:.3f}"),
    "f1_high": ("high", "{:.3f}"),
}
"""Columns of the table: heading and format."""
LEGEND = (
    "SNR: truth above it counts. cut: tuned in validation boxes, or as_found (detections above the SNR).\n"
    "chance: truth matched by as many detections at random positions. low, high: 95 % interval of F1.\n"
    "The other cut, classes, regions, single mosaics: report.html, MOSAIC/evaluation/FINDER.csv\n"
)


def score_table(scores: pd.DataFrame, *, only: Mapping[str, str] | None = None) -> str:
    """Return the one-to-one scores of all classes as text, all mosaics together, by SNR and F1.

    Parameters
    ----------
    scores
        Columns of `metrics.COLUMNS`. Shows the scores of the test regions, or of another region without them.
    only
        Boxes by mosaic, if only the tiles that touch them were searched; the text begins with them.

    Notes
    -----
    Counts are summed over mosaics, fractions are those of the sums, and the interval is that of
    `ranking.pool`. A finder has one row per SNR: that with the tuned cut if all its mosaics have one.
    """
    boxes = ", ".join(f"{mosaic} {box}" for mosaic, box in (only or {}).items())
    part = f"Only a part of the survey was searched: the tiles that touch {boxes}.\n" if boxes else ""
    region = scored_region(scores)
    if not region:
        return part + NO_TRUTH
    chosen = scores[
        (scores["region"] == region) & (scores["metric"] == "one_to_one") & (scores["class"] == "all")
    ]
    mosaics = chosen["mosaic"].unique()
    where = f"{len(mosaics)} mosaics together" if len(mosaics) > 1 else mosaics[0]
    title = f"{region.capitalize()} regions of {where}, all classes, one-to-one matches\n"
    return part + title + _rows(_one_cut(pool(chosen)), len(mosaics)) + LEGEND


def _one_cut(pooled: pd.DataFrame) -> pd.DataFrame:
    """Return one row per finder and SNR, the best first: the tuned cut if it covers as many mosaics."""
    tuned_first = pooled.assign(tuned=pooled["cut"] == "tuned").sort_values(
        ["n_mosaics", "tuned"], ascending=False, kind="stable"
    )
    chosen = tuned_first.drop_duplicates(["snr_min", "finder"])
    return chosen.sort_values(["snr_min", "f1"], ascending=[True, False], kind="stable")


def _rows(pooled: pd.DataFrame, n_mosaics: int) -> str:
    """Return the table as text, with a blank line between SNRs; names finders that lack some mosaics."""
    lacking = " (" + pooled["n_mosaics"].astype(str) + " mosaics)"
    names = pooled["finder"] + lacking.where(pooled["n_mosaics"] < n_mosaics, "")
    pooled = pooled.assign(finder=names)
    texts = pd.DataFrame(
        {label: pooled[name].map(pattern.format) for name, (label, pattern) in SHOWN.items()}, dtype=str
    )
    head, *lines = texts.to_string(index=False).splitlines()
    return "\n".join([head, *_spaced(lines, pooled["snr_min"])]) + "\n\n"


def _spaced(lines: list[str], snr: pd.Series) -> Iterator[str]:
    """Yield the lines of a table, with a blank line before each new SNR."""
    for line, new in zip(lines, snr.ne(snr.shift()), strict=True):
        yield from ("", line) if new else (line,)
