"""Give up a tile on which a job fails again and again, so that it does not stop a survey."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

MOST = 3
"""Attempts before a tile is given up."""
SURROUNDINGS = (OSError, ImportError)
"""A full disk or a missing library is not the fault of a tile."""
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
        Errors that are not the fault of this tile, besides those of the file system and of imports: they are
        raised, and do not count.

    Raises
    ------
    Exception
        What `work` raises, unless this was the last attempt.
    """
    record = Path(f"{place}.attempts")
    failures = record.read_text().splitlines() if record.exists() else []
    if len(failures) >= MOST:
        return _give_up(record, failures, give_up)
    _keep(record, [*failures, KILLED])
    try:
        result = work()
    except (KeyboardInterrupt, *SURROUNDINGS, *never_blame):
        _keep(record, failures)
        raise
    except Exception as error:
        failures.append(f"{type(error).__name__}: {error}".splitlines()[0])
        if len(failures) >= MOST:
            logger.exception("attempt %d has failed", len(failures))
            return _give_up(record, failures, give_up)
        _keep(record, failures)
        raise
    _keep(record, [])
    return result


def _give_up(record: Path, failures: list[str], give_up: Callable[[str], Result]) -> Result:
    """Return what stands for the result."""
    record.unlink(missing_ok=True)
    reason = f"given up after {len(failures)} attempts; the last one: {failures[-1]}"
    logger.warning("%s", reason)
    return give_up(reason)


def _keep(record: Path, failures: list[str]) -> None:
    """Write down the attempts that failed; no file for none."""
    if failures:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text("".join(f"{failure}\n" for failure in failures))
    else:
        record.unlink(missing_ok=True)
