"""Show the progress of a run: in a terminal as bars that move, elsewhere as a few plain lines."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TextIO

from radiofind.workflow.lines import clock_time, plural, shorten
from radiofind.workflow.progress import Progress, Stage

FIRST_PAUSE_S = 30
LATER_PAUSE = 0.15
"""Time between two lines, as a part of the time since the run began: few lines also in a run of days."""
BAR = 30
"""Width of a bar, characters."""


class Display(Protocol):
    """What shows a run."""

    def say(self, line: str) -> None:
        """Write a line that stays."""

    def update(self, progress: Progress) -> None:
        """Show how far the run is."""

    def close(self) -> None:
        """Show nothing more but lines."""


def display_for(stream: TextIO) -> Display:
    """Return what shows a run where its lines go."""
    # Here, since only a terminal needs it, and every job of a cluster reads the rules.
    from rich.console import Console

    console = Console(file=stream, highlight=False)
    if console.is_terminal and not console.is_dumb_terminal:
        return Bars(console)
    return Lines(lambda line: print(line, file=stream, flush=True))


class Lines:
    """Plain lines: each stage that is complete, and now and then what runs."""

    def __init__(self, write: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._write, self._clock = write, clock
        self._began = clock()
        self._last_s = 0.0
        self._complete: dict[str, int] = {}

    def say(self, line: str) -> None:
        """Write a line."""
        self._write(line)

    def update(self, progress: Progress) -> None:
        """Tell of stages that have become complete, and of all that run if nothing was told for a while."""
        elapsed = self._clock() - self._began
        complete = [one for one in progress.planned if one.is_complete]
        for stage in complete:
            # Once; again where there are more jobs than there were, as after the index of the tiles.
            if self._complete.get(stage.name) != stage.total:
                self._tell(elapsed, f"{stage.name} done ({plural(stage.total, 'job')})")
        self._complete = {stage.name: stage.total for stage in complete}
        if elapsed - self._last_s > max(FIRST_PAUSE_S, LATER_PAUSE * elapsed):
            active = [one for one in progress.planned if one.has_begun and not one.is_complete]
            parts = [f"{one.name} {describe(one, begun=progress.begun)}" for one in active]
            everything = progress.all
            self._tell(elapsed, "; ".join([f"{everything.done} of {everything.total} jobs", *parts]))

    def close(self) -> None:
        """There is nothing to take away."""

    def _tell(self, elapsed: float, text: str) -> None:
        """Write a line with the time since the run began."""
        self._write(shorten(f"{clock_time(elapsed)}  {text}"))
        self._last_s = elapsed


class Bars:
    """A bar for each stage, below the lines that stay."""

    def __init__(self, console: object) -> None:
        from rich import progress as rich

        self._console = console
        columns = (
            rich.TextColumn("{task.description:<12}"),
            rich.BarColumn(BAR),
            rich.TextColumn("{task.fields[state]}"),
            rich.TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        )
        self._bars = rich.Progress(
            *columns, console=console, refresh_per_second=2, redirect_stdout=False, redirect_stderr=False
        )
        self._tasks: dict[str, int] = {}
        self._bars.start()

    def say(self, line: str) -> None:
        """Write a line above the bars."""
        self._console.print(line, markup=False, soft_wrap=True)

    def update(self, progress: Progress) -> None:
        """Move the bars."""
        for stage in (progress.all, *progress.stages.values()):
            if stage.name not in self._tasks:
                # Also those that are empty as yet: bars stay in the order in which they were added.
                self._tasks[stage.name] = self._bars.add_task(stage.name, state="")
            counts = {"total": stage.total, "completed": stage.done, "visible": stage.total > 0}
            state = describe(stage, begun=progress.begun)
            self._bars.update(self._tasks[stage.name], state=state, **counts)

    def close(self) -> None:
        """Leave the bars as they are."""
        self._bars.stop()


def describe(stage: Stage, *, begun: str) -> str:
    """Return how far a stage is, in words.

    Parameters
    ----------
    stage
        The stage.
    begun
        Word for the jobs that have begun.
    """
    counts = {begun: stage.running, "failed": stage.failed}
    others = [f"{number} {name}" for name, number in counts.items() if number]
    return ", ".join([f"{stage.done} of {stage.total}", *others])
