"""Give up a tile on which a job fails again and again, so that it does not stop a survey."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from radiofind.header_cards import ImageError

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

MOST = 3
"""Attempts before a tile is given up."""
SURROUNDINGS = (OSError, ImportError, ImageError)
"""A full disk, a missing library, an image that was spoilt since it was indexed: no tile is to blame."""
KILLED = "killed, out of memory, or over its time limit"


def attempt(
    work: Callable[[], Result],
    *,
    place: str | Path,
    give_up: Callable[[str], Result],
    never_blame: tuple[type[Exception], ...] = (),
) -> Result:
    """Return the result of some work, or what stands for it when it has failed too often.

    Parameters
    ----------
    work
        What may fail.
    place
        The file that the work is for. Attempts that have begun and not ended are kept beside it, also when
        the process is killed, in a file with the further suffix ``.attempts``.
    give_up
        Makes the result of work that was given up, from the reason.
    never_blame
        Errors that are not the fault of this tile, besides `SURROUNDINGS`: they are raised, and do not count.

    Raises
    ------
    Exception
        What `work` raises. It is given up when the process starts anew, because one that has run out of
        memory may not be able to write even that.
    """
    record = _record_of(place)
    failures = record.read_text().splitlines() if record.exists() else []
    if len(failures) >= MOST:
        reason = f"given up after {len(failures)} attempts; the last one: {failures[-1]}"
        logger.warning("%s", reason)
        return give_up(reason)
    _keep(record, [*failures, KILLED])
    try:
        result = work()
    except (KeyboardInterrupt, *SURROUNDINGS, *never_blame):
        _keep(record, failures)
        raise
    except Exception as error:
        _keep(record, [*failures, f"{type(error).__name__}: {error}".splitlines()[0]])
        raise
    _keep(record, [])
    return result


def forget_attempts(place: str | Path) -> None:
    """Remove the record of the attempts to make a file, once the file is written."""
    _record_of(place).unlink(missing_ok=True)


def _record_of(place: str | Path) -> Path:
    """Return where the attempts to make a file are kept."""
    return Path(f"{place}.attempts")


def _keep(record: Path, failures: list[str]) -> None:
    """Write down the attempts that failed; no file for none."""
    if failures:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text("".join(f"{failure}\n" for failure in failures))
    else:
        record.unlink(missing_ok=True)
