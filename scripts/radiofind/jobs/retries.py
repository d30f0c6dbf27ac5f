"""Give up a tile after several failed attempts, so that one bad tile does not stop a survey."""

from __future__ import annotations

import hashlib
import json
import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from radiofind.errors import InputFileError

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

MOST = 3
"""Attempts before a tile is given up."""
SURROUNDINGS = (OSError, ImportError, InputFileError)
"""Errors that no tile is to blame for: a full disk, a missing library, an image damaged after indexing."""
SUFFIX = ".attempts"
QUARANTINED = ".quarantined"
"""Suffix of a note beside a file, which says why its tile was given up; `make status` looks for it."""
KILLED = "killed, out of memory, or over its time limit"
LATE = 0.9
"""From this part of its time limit on, a job that is told to end is one that takes too long."""

_started = time.monotonic()


class Stopped(BaseException):
    """The job was told to end (SIGTERM): by its time limit, a shutdown, a preemption or ``scancel``."""


def attempt(
    work: Callable[[], Result],
    *,
    place: str | Path,
    give_up: Callable[[str], Result],
    limit_s: float,
    never_blame: tuple[type[Exception], ...] = (),
    made_of: object = None,
) -> Result:
    """Return the result of some work, or a substitute after too many failed attempts.

    Parameters
    ----------
    work
        The work, which may fail.
    place
        The output file. Failed attempts are recorded in the same folder, in a file with the further suffix
        ``.attempts``; an attempt counts as killed until it ends.
    give_up
        Returns the substitute, given the reason.
    limit_s
        Time limit of the job. Work that is told to end well before it is not to blame.
    never_blame
        Errors besides `SURROUNDINGS` that are not the fault of this tile: they are raised, and do not count.
    made_of
        Code, settings and inputs of the result, as JSON can hold them. Attempts with others, for example
        before a bug was fixed, do not count.

    Raises
    ------
    Stopped
        When the process is told to end, so that what the work has started ends with it.
    Exception
        Any error of `work`. The substitute is returned by the next process only, because one that has run out
        of memory may be unable to write it.
    """
    digest = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()
    record = _Record(Path(f"{place}{SUFFIX}"), digest)
    failures = record.read()
    if len(failures) >= MOST:
        reason = f"given up after {len(failures)} attempts; the last one: {failures[-1]}"
        logger.warning("%s", reason)
        return give_up(reason)
    record.keep([*failures, KILLED])
    try:
        with _raising_stopped():
            result = work()
    except Stopped:
        if time.monotonic() - _started < LATE * limit_s:
            record.keep(failures)
        raise
    except (KeyboardInterrupt, *SURROUNDINGS, *never_blame):
        record.keep(failures)
        raise
    except Exception as error:
        record.keep([*failures, f"{type(error).__name__}: {error}".splitlines()[0]])
        raise
    record.keep([])
    return result


def end_attempts(place: str | Path, *, failed: str = "") -> None:
    """Remove the record of the attempts to make a file, once the file is written.

    Parameters
    ----------
    place
        As for `attempt`.
    failed
        Why the tile was given up, if so: a note beside the file says it until the tile is searched again.
    """
    note = Path(f"{place}{QUARANTINED}")
    if failed:
        note.write_text(f"{failed}\n")
    else:
        note.unlink(missing_ok=True)
    Path(f"{place}{SUFFIX}").unlink(missing_ok=True)


@contextmanager
def _raising_stopped() -> Iterator[None]:
    """Raise `Stopped` in this thread, the main one, when the process is told to end."""

    def stop(_number: int, _frame: object) -> None:
        raise Stopped("told to end (SIGTERM)")

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@dataclass(frozen=True)
class _Record:
    """The failed attempts to make a file."""

    path: Path
    """Text file: the digest, then a line for each failed attempt."""
    digest: str
    """Digest of the code, settings and inputs of the attempts that count."""

    def read(self) -> list[str]:
        """Return the failed attempts with this digest."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return lines[1:] if lines[:1] == [self.digest] else []

    def keep(self, failures: list[str]) -> None:
        """Write the failed attempts, or remove the file if there are none."""
        if failures:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text("".join(f"{line}\n" for line in (self.digest, *failures)))
        else:
            self.path.unlink(missing_ok=True)
