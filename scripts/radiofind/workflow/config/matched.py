"""Add simulated mosaics like those of the sheet, for networks that learn without a truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from radiofind.finders.convosource.limits import GENERAL
from radiofind.mosaics.regions import PATCH_PIXELS
from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.config.sheet_rows import MATCHED, SIMULATED

TRAIN_PART, VALIDATION_PART = 0.6, 0.2
"""Parts of the columns of a simulated mosaic under its train box and its validation box; the rest is test."""


def learns_from_simulation(settings: Mapping[str, object]) -> bool:
    """Return whether a finder is trained, or its scores are calibrated, on a simulation of the mosaics.

    Parameters
    ----------
    settings
        Settings of the finder.
    """
    model = settings.get("model")
    return model == GENERAL or (settings.get("training") == "simulation" and not model)


def matched_mosaics(mosaics: Sequence[Mosaic], *, config: Mapping) -> list[Mosaic]:
    """Return a simulated mosaic for each training set, if a finder learns from simulations.

    Parameters
    ----------
    mosaics
        Rows of the sheet. The first of each training set is the one that is simulated.
    config
        The completed configuration.
    """
    finders = [config["finders"][name] for name in config["find_with"]]
    if not any(map(learns_from_simulation, finders)):
        return []
    size_pixels = config["matched_simulation"]["size_pixels"]
    first: dict[str, Mosaic] = {}
    for row in mosaics:
        first.setdefault(row.training_set, row)
    return [_matched(row, size_pixels) for row in first.values()]


def _matched(row: Mosaic, size_pixels: int) -> Mosaic:
    """Return the simulated mosaic that is like one of the sheet."""
    name = f"{row.training_set}{MATCHED}"
    made = {column: path.format(name) for column, path in SIMULATED.items() if column != "primary_beam"}
    parts = (TRAIN_PART, TRAIN_PART + VALIDATION_PART)
    edges = [0, *(int(part * size_pixels) // PATCH_PIXELS * PATCH_PIXELS for part in parts)]
    boxes = [f"{x0}:{x1},0:{size_pixels}" for x0, x1 in zip(edges[:-1], edges[1:], strict=True)]
    return Mosaic(
        mosaic=name,
        training_set=row.training_set,
        simulate=name,
        train_box=boxes[0],
        validation_box=boxes[1],
        like=row,
        line=row.line,
        **made,
    )
