"""Check one row of the mosaic sheet: names, paths, boxes and numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from radiofind.errors import closest, shown
from radiofind.files import NAME, NAME_RULE
from radiofind.given_files import path_trouble
from radiofind.mosaics.box import parse_box
from radiofind.survey.region_names import RULE, healpix_cell, is_file
from radiofind.workflow.config.messages import Fault

PATHS = ("image", "primary_beam", "truth", "weight")
"""Columns with paths of files."""

TRUTH_FORMATS = ("sdc1", "meerkat_sim", "table")

RESERVED = frozenset(
    {
        "catalogues",
        "classifiers",
        "cuts",
        "models",
        "provenance.json",
        "quarantine.csv",
        "simulations",
        "report.html",
        "scores.txt",
        "survey",
        "tiles.parquet",
        "warnings.csv",
    }
)
"""Names in ``results/`` that are not folders of mosaics."""

LARGEST_SHAPE = (10**9, 10**9)
"""Placeholder shape of an image that has not been read."""

PLANE = re.compile(r"[0-9]{1,9}")

BOX_RULE = "x0:x1,y0:y1 in whole pixels with x0 < x1 and y0 < y1, or all"

SIMULATED = {
    "image": "results/simulations/{}/image.fits",
    "primary_beam": "results/simulations/{}/primary_beam.fits",
    "truth": "results/simulations/{}/truth.txt",
    "truth_format": "sdc1",
}
"""Columns filled in by a simulation."""

MATCHED = "-simulated"
"""End of the names of mosaics that are simulated to be like one of the sheet (see `matched`)."""

LOWEST_FREQUENCY_HZ = 1e6
"""Frequencies below the ionospheric cutoff were probably given in MHz or GHz."""


def row_faults(cells: Mapping[str, str], *, simulations: Collection[str], base: Path) -> Iterator[Fault]:
    """Yield the faults in a single row.

    Parameters
    ----------
    cells
        The non-empty fields, by column.
    simulations
        Names allowed in the column ``simulate``.
    base
        Folder from which relative paths start.
    """
    yield from _name_faults(cells)
    yield from _origin_faults(cells, simulations)
    yield from _file_faults(cells, base)
    yield from _box_faults(cells)
    yield from _number_faults(cells)
    yield from _region_faults(cells, base)


def numbers_in(text: str) -> tuple[float, ...]:
    """Return comma-separated finite numbers; empty if one of them is not a number."""
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        return ()
    return numbers if all(math.isfinite(number) for number in numbers) else ()


def _name_faults(cells: Mapping[str, str]) -> Iterator[Fault]:
    """Yield a fault for names that cannot be part of a path."""
    if "mosaic" not in cells:
        yield Fault(("mosaic",), NAME_RULE, "an empty field")
    for column in ("mosaic", "training_set", "field"):
        if column in cells and not NAME.fullmatch(cells[column]):
            yield Fault((column,), NAME_RULE, shown(cells[column]))
    if cells.get("mosaic", "").endswith(MATCHED):
        yield Fault(("mosaic",), f"a name that does not end with {MATCHED}", cells["mosaic"])
    if cells.get("mosaic") in RESERVED:
        taken = ", ".join(sorted(RESERVED))
        yield Fault(("mosaic",), f"a name other than {taken}", cells["mosaic"])


def _origin_faults(cells: Mapping[str, str], simulations: Collection[str]) -> Iterator[Fault]:
    """Yield a fault for a mosaic that has neither image nor simulation, or both."""
    if "simulate" not in cells:
        if "image" not in cells:
            yield Fault(("image",), "a path here or a name in column simulate", "neither")
        return
    name = cells["simulate"]
    if name.endswith(MATCHED):
        yield Fault(("simulate",), f"a name that does not end with {MATCHED}", shown(name))
    elif name not in simulations:
        known = ", ".join(simulations) or "a name under simulations in the configuration"
        yield Fault(("simulate",), f"one of {known}", f"{shown(name)}{closest(name, simulations)}")
    for column in SIMULATED:
        if column in cells:
            yield Fault((column,), "an empty field, as column simulate has a name", shown(cells[column]))


def _file_faults(cells: Mapping[str, str], base: Path) -> Iterator[Fault]:
    """Yield a fault for paths without a file, and for a truth without format or a format without truth."""
    for column in PATHS:
        trouble = path_trouble(cells[column], base) if column in cells else ""
        if trouble:
            yield Fault((column,), "the path of a file", f"{shown(cells[column])} ({trouble})")
    truth_format = cells.get("truth_format")
    if "truth" in cells and truth_format not in TRUTH_FORMATS:
        yield Fault(
            ("truth_format",), f"one of {', '.join(TRUTH_FORMATS)}", shown(truth_format or "an empty field")
        )
    if truth_format and "truth" not in cells and "simulate" not in cells:
        yield Fault(("truth",), f"a path, as truth_format is {shown(truth_format)}", "an empty field")


def _box_faults(cells: Mapping[str, str]) -> Iterator[Fault]:
    """Yield a fault for malformed or overlapping boxes; the image is not read, so they may be outside it."""
    boxes = {}
    for column in ("train_box", "validation_box"):
        if column in cells:
            try:
                boxes[column] = parse_box(cells[column], LARGEST_SHAPE)
            except ValueError:
                yield Fault((column,), BOX_RULE, shown(cells[column]))
    if len(boxes) == 2 and boxes["train_box"].overlap(boxes["validation_box"]):
        yield Fault(
            ("validation_box",), f"no pixel of train_box ({cells['train_box']})", cells["validation_box"]
        )


def _number_faults(cells: Mapping[str, str]) -> Iterator[Fault]:
    """Yield a fault for an invalid beam, frequency, plane or centre."""
    if "beam" in cells:
        beam = numbers_in(cells["beam"])
        if len(beam) != 3 or not beam[0] >= beam[1] > 0:
            expected = "major,minor,angle in arcsec, arcsec and degrees with major >= minor > 0"
            yield Fault(("beam",), expected, shown(cells["beam"]))
    if "frequency_hz" in cells:
        frequency = numbers_in(cells["frequency_hz"])
        if len(frequency) != 1 or frequency[0] < LOWEST_FREQUENCY_HZ:
            expected = f"a number in Hz of at least {LOWEST_FREQUENCY_HZ:g}"
            yield Fault(("frequency_hz",), expected, shown(cells["frequency_hz"]))
    if "plane" in cells and not PLANE.fullmatch(cells["plane"]):
        yield Fault(("plane",), "the number of a plane of the cube, from 0", shown(cells["plane"]))
    if "centre" in cells:
        centre = numbers_in(cells["centre"])
        if len(centre) != 2 or not (0 <= centre[0] < 360 and -90 <= centre[1] <= 90):
            expected = "ra,dec in degrees, from 0 to 360 and from -90 to 90"
            yield Fault(("centre",), expected, shown(cells["centre"]))


def _region_faults(cells: Mapping[str, str], base: Path) -> Iterator[Fault]:
    """Yield a fault for a region that is neither a HEALPix cell nor a file."""
    region = cells.get("region")
    if region and is_file(region):
        trouble = path_trouble(region, base)
        if trouble:
            yield Fault(("region",), RULE, f"{shown(region)} ({trouble})")
    elif region and not healpix_cell(region):
        yield Fault(("region",), RULE, shown(region))
