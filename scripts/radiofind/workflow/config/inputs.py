"""Check all of the user's input at the start: configuration, mosaic sheet, boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from radiofind.workflow.config.boxes import check_boxes, check_training_sets
from radiofind.workflow.config.configuration import ConfigurationError, check_config, raise_faults
from radiofind.workflow.config.matched import matched_mosaics
from radiofind.workflow.config.only import only_faults
from radiofind.workflow.config.sheet import Mosaic, SheetError, from_home, read_sheet
from radiofind.workflow.config.surveys import check_survey

InputError = (ConfigurationError, SheetError)
"""Errors raised by `read_inputs`."""


def read_inputs(
    config: Mapping, *, repository: str | Path, overlays: Sequence[str | Path]
) -> tuple[dict, list[Mosaic]]:
    """Return the configuration with its defaults, and the mosaics that are searched.

    Parameters
    ----------
    config
        The default with the user's files and command line laid over it.
    repository
        Folder of the Snakefile.
    overlays
        The user's files, the last one wins.

    Returns
    -------
    dict
        The configuration.
    list of Mosaic
        Those of the sheet, and those that are simulated to be like them.

    Raises
    ------
    ConfigurationError, SheetError
        With file, line and key of each mistake.
    """
    settings = Path(repository) / "config"
    sources = [settings / "config.yaml", *overlays]
    checked = check_config(_from_home(config), schemas=settings / "schemas", sources=sources)
    mosaics = read_sheet(checked["mosaics"], simulations=checked["simulations"])
    finders = {name: checked["finders"][name] for name in checked["find_with"]}
    matched = matched_mosaics(mosaics, config=checked)
    check_training_sets([*mosaics, *matched], finders=finders, sheet=checked["mosaics"])
    check_boxes(mosaics, simulations=checked["simulations"], sheet=checked["mosaics"], finders=finders)
    check_survey(mosaics, config=checked)
    raise_faults(list(only_faults(checked, mosaics)), sources=sources)
    searched = [row for row in mosaics if not checked["only"] or row.mosaic in checked["only"]]
    sets = {row.training_set for row in searched}
    return checked, [*searched, *(row for row in matched if row.training_set in sets)]


def _from_home(value: object) -> object:
    """Return a part of the configuration with ``~`` in paths replaced by the home folder."""
    if isinstance(value, Mapping):
        return {key: _from_home(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_from_home(part) for part in value]
    return from_home(value) if isinstance(value, str) else value
