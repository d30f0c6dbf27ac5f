"""Check the key `only`, which tries a survey on a few tiles, against the sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from radiofind.errors import closest, shown
from radiofind.finders.kinds import KINDS
from radiofind.mosaics.box import Box, parse_box
from radiofind.workflow.config.boxes import COLUMNS, shape_of, to_train
from radiofind.workflow.config.matched import learns_from_simulation
from radiofind.workflow.config.messages import Fault
from radiofind.workflow.config.schemas import NOTHING
from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.config.sheet_rows import LARGEST_SHAPE

KEY = "only"


def only_faults(config: Mapping, mosaics: Sequence[Mosaic]) -> Iterator[Fault]:
    """Yield what is wrong with the boxes to which a run is limited.

    Parameters
    ----------
    config
        The completed configuration.
    mosaics
        All rows of the sheet.

    Notes
    -----
    What finders learn from must be searched in full: else they would learn something else, and would learn
    anew and search all tiles again when the rest of the survey follows.
    """
    only, rows = config[KEY] or {}, {row.mosaic: row for row in mosaics}
    for name, box in only.items():
        if name not in rows:
            expected = f"a mosaic of {config['mosaics']} ({', '.join(rows)})"
            yield Fault((KEY, name), expected, f"{shown(name)}{closest(name, rows)}", box)
        elif _box(box, shape := shape_of(rows[name], config["simulations"]) or LARGEST_SHAPE) is None:
            expected = f"a box with pixels within 0:{shape[1]},0:{shape[0]} (the mosaic)"
            yield Fault((KEY, name), expected, shown(box), box)
    learners = _learners(config)
    sets = {rows[name].training_set for name in only if name in rows}
    for row in mosaics:
        if row.training_set in sets and row.truth:
            yield from _uncovered(row, only.get(row.mosaic), learners, config)


def _learners(config: Mapping) -> dict[str, list[str]]:
    """Return what learns in a run, with the boxes of the sheet that each learns from."""
    finders = to_train({name: config["finders"][name] for name in config["find_with"]})
    learners = {
        name: [column for column in COLUMNS if column in KINDS[settings["kind"]].trained_on]
        for name, settings in finders.items()
        if not learns_from_simulation(settings)
    }
    classified = (config["classifiers"]["classify_sources"] or {}).get("by") == "truth"
    return learners | ({"classifiers.classify_sources": ["train_box"]} if classified else {})


def _uncovered(
    row: Mosaic, box: str | None, learners: Mapping[str, Sequence[str]], config: Mapping
) -> Iterator[Fault]:
    """Yield a fault for each box of a mosaic that something learns from and that is not searched in full."""
    shape = shape_of(row, config["simulations"])
    for column in COLUMNS:
        names = [name for name, columns in learners.items() if column in columns]
        needed = _box(getattr(row, column) or "", shape or LARGEST_SHAPE)
        searched = _box(box or "", shape or LARGEST_SHAPE)
        if names and needed and not (searched and searched.overlap(needed) == needed):
            expected = f"a box that holds {column} ({needed}), from which {' and '.join(names)} would learn"
            yield Fault((KEY, row.mosaic), expected, box or NOTHING, box)


def _box(text: str, shape: tuple[int, int]) -> Box | None:
    """Return a box of a mosaic of this shape; None where there is none, or none that lies on it."""
    try:
        return parse_box(text, shape)
    except ValueError:
        return None
