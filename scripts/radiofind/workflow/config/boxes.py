"""Check before any job that the boxes of the sheet fit the mosaics, and suffice for training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from radiofind.errors import shown
from radiofind.finders.kinds import KINDS
from radiofind.mosaics.box import parse_box
from radiofind.mosaics.regions import inner_box, training_box
from radiofind.workflow.config.matched import learns_from_simulation
from radiofind.workflow.config.messages import listed
from radiofind.workflow.config.sheet import Mosaic, SheetError

COLUMNS = ("train_box", "validation_box")


def check_boxes(
    mosaics: Sequence[Mosaic],
    *,
    simulations: Mapping[str, Mapping],
    sheet: str,
    finders: Mapping[str, Mapping] | None = None,
) -> None:
    """Raise if a box extends outside its mosaic, or is too small after its gap is removed.

    Parameters
    ----------
    mosaics
        Rows of the sheet. Unreadable images are skipped: they are quarantined when they are fingerprinted.
    simulations
        Settings by simulation, with the size of mosaics that do not exist yet.
    sheet
        Path of the sheet, for the message.
    finders
        Settings of the finders that run. If a network is trained, a box must contain a patch.

    Raises
    ------
    SheetError
        With a line for each mistake.
    """
    trained = any(
        settings["kind"] == "convosource" and not learns_from_simulation(settings)
        for settings in to_train(finders or {}).values()
    )
    problems = [
        f"{sheet}, line {mosaic.line}, column {column}: {complaint}"
        for mosaic in mosaics
        for column in COLUMNS
        if getattr(mosaic, column) and (complaint := _complaint(mosaic, column, simulations, trained))
    ]
    if problems:
        raise SheetError(listed(problems))


def check_training_sets(mosaics: Sequence[Mosaic], *, finders: Mapping[str, Mapping], sheet: str) -> None:
    """Raise if a training set has no training data for a finder that is trained.

    Parameters
    ----------
    mosaics
        Rows of the sheet.
    finders
        Settings of the finders that run, by name.
    sheet
        Path of the sheet, for the message.

    Raises
    ------
    SheetError
        With a line for each training set and finder.
    """
    members: dict[str, list[Mosaic]] = {}
    for mosaic in mosaics:
        members.setdefault(mosaic.training_set, []).append(mosaic)
    problems = [
        f"{sheet}, line {rows[0].line}, column training_set: {complaint}"
        for rows in members.values()
        for finder, settings in to_train(finders).items()
        if (complaint := _lack(teachers(rows, settings), finder, KINDS[settings["kind"]].trained_on))
    ]
    if problems:
        raise SheetError(listed(problems))


def teachers(rows: Sequence[Mosaic], settings: Mapping[str, object]) -> list[Mosaic]:
    """Return the mosaics of a training set from which a finder learns, and on which its cut is tuned.

    Parameters
    ----------
    rows
        The mosaics of the training set.
    settings
        Settings of the finder.

    Notes
    -----
    That is the matched simulation for networks with `training: simulation`, and the sheet for those with
    `training: truth`. Other finders, and frozen networks, take the sheet where it has a truth and a
    validation box, and else the simulation.
    """
    matched, of_sheet = [row for row in rows if row.like], [row for row in rows if not row.like]
    if learns_from_simulation(settings):
        return matched
    validated = any(row.truth and row.validation_box for row in of_sheet)
    learns_from_truth = settings.get("training") == "truth" and not settings.get("model")
    return of_sheet if validated or learns_from_truth or not matched else matched


def to_train(finders: Mapping[str, Mapping]) -> dict[str, Mapping]:
    """Return the finders that are trained, without those with a frozen model."""
    return {
        name: settings
        for name, settings in finders.items()
        if KINDS[settings["kind"]].trained_on and not settings.get("model")
    }


def _lack(rows: Sequence[Mosaic], finder: str, needed: Sequence[str]) -> str:
    """Return a message on what a training set lacks for a finder; empty if nothing."""
    boxes = [column for column in needed if column in COLUMNS]
    lacking = [box for box in boxes if not any(row.truth and getattr(row, box) for row in rows)]
    if not lacking:
        return ""
    return (
        f"expected a training set with {' and '.join(boxes)}, in one mosaic or several that have a truth, to "
        f"train {finder}, received {shown(rows[0].training_set)} without {' and '.join(lacking)} in a mosaic "
        f"that has a truth; add it, give what another run has trained as finders.{finder}.model, train "
        f"networks without a truth (training: simulation), or leave {finder} out of find_with"
    )


def _complaint(mosaic: Mosaic, column: str, simulations: Mapping[str, Mapping], trained: bool) -> str:
    """Return what is wrong with a box; empty if nothing."""
    shape = shape_of(mosaic, simulations)
    if shape is None:
        return ""
    smallest_box = training_box if trained else inner_box
    try:
        smallest_box(parse_box(getattr(mosaic, column), shape), shape)
    except ValueError as error:
        return str(error)[:1].lower() + str(error)[1:]
    return ""


def shape_of(mosaic: Mosaic, simulations: Mapping[str, Mapping]) -> tuple[int, int] | None:
    """Return the rows and columns of a mosaic; None if its image cannot be read."""
    if mosaic.simulate:
        return (simulations[mosaic.simulate]["size_pixels"],) * 2
    # Here, since every job of SLURM reads the sheet, and few sheets have boxes on images.
    from radiofind.mosaics.images import ImageError, ImageSource

    try:
        return ImageSource(mosaic.image, mosaic.beam, mosaic.frequency_hz, mosaic.plane).read_header().shape
    except (ImageError, OSError):
        return None
