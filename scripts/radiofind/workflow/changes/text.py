"""Write the text of `make what-changed`: what a run will do, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from radiofind.workflow.changes.changes import Changes, TileChange

NOTHING = "Nothing has changed: no job will run."
HEADINGS = ("mosaic", "tiles", "finders", "why")
NAMES = 4
"""Number of names shown of a longer list."""
SUBJECTS = {
    "merge_detections": "catalogue",
    "merge_components": "catalogue of Gaussians",
    "export_catalogue": "FITS and DS9 files",
    "export_components": "FITS file of Gaussians",
    "export_pybdsf": "files with PyBDSF's columns",
    "measure_spectral_index": "spectral indices",
    "draw_model": "model and residual images",
    "combine_catalogues": "catalogue",
    "summarise_noise": "noise summary",
    "map_rms": "rms image",
    "place_truth": "truth",
    "tune_cuts": "cuts",
    "match_catalogue": "matches",
    "evaluate_finder": "scores",
    "evaluate_scores": "calibration of scores",
    "tabulate_scores": "table of scores",
    "copy_dataset": "data set",
    "simulate_dataset": "data set",
    "cut_dataset": "data set",
    "train_classifier": "member of a classifier",
    "evaluate_classifier": "classifier",
    "train_source_classes": "classes of sources",
    "classify_sources": "classes",
    "apply_classifier": "classes",
    "evaluate_classes": "scores of classes",
    "merge_survey": "survey",
    "merge_survey_components": "Gaussians of the survey",
    "export_survey": "files of the survey",
    "export_hats": "HATS collection of the survey",
    "measure_coverage": "coverage",
    "measure_completeness": "completeness",
    "measure_reliability": "reliability",
    "pool_completeness": "completeness of the survey",
    "pool_reliability": "reliability of the survey",
    "calibrate_fluxes": "flux correction of the survey",
    "map_completeness": "completeness of the survey by flux and place",
    "count_sources": "source counts",
    "map_coverage": "coverage",
    "write_report": "report",
    "record_provenance": "provenance record",
}
"""The product of each rule, in words."""


def describe_changes(changes: Changes) -> str:
    """Return a description of what a run will do: a table of tiles and a few lines.

    Parameters
    ----------
    changes
        The planned jobs with their reasons.
    """
    if not changes.are_known:
        return _ask_for_the_index(changes)
    table = _table(list(_rows(changes)))
    trainings = [
        f"Trained again: {finder} on {training_set} ({why})"
        for (training_set, finder), why in changes.trainings.items()
    ]
    lines = [*trainings, *_made_anew(changes), *_others(changes), *_left_out(changes)]
    parts = ["\n".join(part) for part in (table, lines, [_summary(changes)]) if part]
    return "\n\n".join(parts)


def _ask_for_the_index(changes: Changes) -> str:
    """Return the advice to index the tiles first, as they are not known yet."""
    mosaics = f" ({_some(changes.unread_mosaics)})" if changes.unread_mosaics else ""
    return (
        f"The mosaics must be read to find out which tiles will run{mosaics}.\n"
        "Read them with `snakemake --until index_tiles` or `make what-changed`."
    )


def _rows(changes: Changes) -> Iterator[tuple[str, str, str, str]]:
    """Yield mosaic, tiles, finders and reason; mosaics whose tiles all share a reason share a row."""
    whole: dict[tuple[str, str], list[str]] = {}
    for (mosaic, finders, why), tiles in _groups(changes.tiles).items():
        live = changes.earlier.live_tiles.get(mosaic, tiles)
        if len(tiles) == len(live):
            whole.setdefault((finders, why), []).append(mosaic)
        else:
            yield mosaic, f"{len(tiles)} of {len(live)}: {_some(tiles, ' ')}", finders, why
    for (finders, why), mosaics in whole.items():
        number = sum(len(changes.earlier.live_tiles.get(mosaic, ())) for mosaic in mosaics)
        yield _some(mosaics), f"all {number}", finders, why
    for mosaic, tiles in changes.blank_tiles.items():
        yield mosaic, _some(tiles, " "), "none", "no valid pixels any more: left out of catalogues"
    for mosaic, tiles in changes.left_out_tiles.items():
        yield mosaic, _some(tiles, " "), "none", "outside the boxes of only: left out of catalogues"


def _groups(tiles: Sequence[TileChange]) -> dict[tuple[str, str, str], list[str]]:
    """Return tiles by mosaic, finders and reason."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for (mosaic, tile), found in groupby(tiles, key=lambda one: (one.mosaic, one.tile)):
        by_reason: dict[str, list[str]] = {}
        for one in found:
            by_reason.setdefault(one.why, []).append(one.finder)
        for why, finders in by_reason.items():
            together.setdefault((mosaic, " ".join(finders), why), []).append(tile)
    return together


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return the lines of a table with headings; none without rows."""
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in (HEADINGS, *rows)
    ]


def _made_anew(changes: Changes) -> Iterator[str]:
    """Yield the catalogues and scores that are made again."""
    catalogues = changes.finders_of("merge_detections", "combine_catalogues")
    scores = changes.finders_of("evaluate_finder", "evaluate_scores")
    for what, finders_of in (("Catalogues", catalogues), ("Scores", scores)):
        if finders_of:
            yield f"{what} made again: {'; '.join(_by_finders(finders_of))}"


def _by_finders(finders_of: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield finders and the mosaics that share them."""
    mosaics: dict[str, list[str]] = {}
    for mosaic, finders in finders_of.items():
        mosaics.setdefault(", ".join(finders), []).append(mosaic)
    for finders, names in mosaics.items():
        yield f"{finders} in {_some(names)}"


def _others(changes: Changes) -> Iterator[str]:
    """Yield the other results that are made again with their reasons, each once."""
    places: dict[tuple[str, str], list[str]] = {}
    for job, why in changes.others:
        subject = SUBJECTS.get(job.rule, job.rule) + (f" of {job.finder}" if job.finder else "")
        places.setdefault((subject, why), []).append(job.mosaic or job.training_set)
    for (subject, why), found in places.items():
        names = _some(list(filter(None, found)))
        yield f"Also: {subject}{f' in {names}' if names else ''} ({why})"


def _left_out(changes: Changes) -> Iterator[str]:
    """Yield the mosaics that are left out or no longer in the sheet."""
    for mosaic, reason in changes.earlier.unreadable.items():
        yield f"Left out: {mosaic} ({reason})"
    if changes.earlier.removed:
        names = _some(changes.earlier.removed)
        yield f"No longer in the sheet, or not in only: {names}; their results are kept but not used"


def _summary(changes: Changes) -> str:
    """Return the number of tiles and jobs that will run."""
    if not changes.n_jobs:
        return NOTHING
    tiles = len({(one.mosaic, one.tile) for one in changes.tiles})
    live = sum(map(len, changes.earlier.live_tiles.values()))
    jobs = f"{changes.n_jobs} job{'s' if changes.n_jobs > 1 else ''}"
    return f"{tiles} of {live} tiles, {jobs}. Everything else is unchanged."


def _some(names: Sequence[str], separator: str = ", ") -> str:
    """Return the first few names and the number of the others."""
    more = f"{separator}and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return separator.join(names[:NAMES]) + more
