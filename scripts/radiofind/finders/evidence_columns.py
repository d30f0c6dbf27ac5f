"""Name the columns of the evidence from which a combined finder learns; loads no library."""

from __future__ import annotations

from collections.abc import Collection

OF_EVERY_FINDER = ("found", "faint_peak_snr", "log_peak_snr", "log_snr")
"""Evidence that every finder gives."""
OF_SCORES = "logit_score"
"""Evidence of a finder whose scores are used."""


def evidence_columns(finders: Collection[str], *, scored: Collection[str]) -> list[str]:
    """Return the columns of `combined_score.measure_evidence`.

    Parameters
    ----------
    finders
        The joined finders, in their order.
    scored
        Those of them whose scores are evidence.
    """
    return [
        f"{finder}:{name}"
        for finder in finders
        for name in (*OF_EVERY_FINDER, *((OF_SCORES,) if finder in scored else ()))
    ]


def scored_in(columns: Collection[str], finders: Collection[str]) -> list[str]:
    """Return the finders whose scores are among some columns of evidence."""
    return [finder for finder in finders if f"{finder}:{OF_SCORES}" in columns]
