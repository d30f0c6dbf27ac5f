"""Format the scores as a text table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from radiofind.evaluation.ranking import scored_region

NO_TRUTH = "No mosaic has a truth above the lowest SNR: nothing to score.\n"
SHOWN = {
    "mosaic": "{}",
    "finder": "{}",
    "cut": "{}",
    "snr_min": "{:g}",
    "n_truth": "{:.0f}",
    "n_detections": "{:.0f}",
    "n_matched": "{:.0f}",
    "completeness": "{:.3f}",
    "reliability": "{:.3f}",
    "f1": "{:.3f}",
    "f1_low": "{:.3f}",
    "f1_high": "{:.3f}",
}


def score_table(scores: pd.DataFrame, *, only: Mapping[str, str] | None = None) -> str:
    """Return the one-to-one scores of all classes as text, sorted by SNR and F1.

    Parameters
    ----------
    scores
        Columns of `metrics.COLUMNS`. Shows the scores of the test regions, or of another region without them.
    only
        Boxes by mosaic, if only the tiles that touch them were searched; the text begins with them.
    """
    boxes = ", ".join(f"{mosaic} {box}" for mosaic, box in (only or {}).items())
    part = f"Only a part of the survey was searched: the tiles that touch {boxes}.\n" if boxes else ""
    region = scored_region(scores)
    if not region:
        return part + NO_TRUTH
    chosen = scores[
        (scores["region"] == region) & (scores["metric"] == "one_to_one") & (scores["class"] == "all")
    ]
    ordered = chosen.sort_values(["mosaic", "cut", "snr_min", "f1"], ascending=[True, True, True, False])
    texts = pd.DataFrame(
        {name: ordered[name].map(pattern.format) for name, pattern in SHOWN.items()}, dtype=str
    )
    title = f"{region.capitalize()} regions, all classes, one-to-one matches; f1_low to f1_high: 95 %\n"
    return part + title + texts.to_string(index=False) + "\n"
