"""Show how far the runs in a folder are, for `make status`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from radiofind.workflow.job_counts import Counts, Status, read_status
from radiofind.workflow.status_lines import heading, trouble_lines

EVERY_S = 5.0
"""Seconds between two pictures."""
LEAST_PAUSE = 10
"""The pause is at least so many times as long as it takes to read the folder."""
MOST_MOSAICS = 20
"""Incomplete mosaics that are listed."""
WIDTH = 160
"""Characters of a line without a terminal."""


def describe(folder: Path, *, show_all: bool = False) -> Group:
    """Return tables and lines on the runs in a folder, for `rich.console.Console.print`.

    Parameters
    ----------
    folder
        The folder that contains ``results``.
    show_all
        Whether to show all mosaics with all stages, instead of the incomplete mosaics.
    """
    status = read_status(folder)
    lines = heading(status, folder, now=time.time())
    if not status.counts:
        return Group(*map(Text, lines))
    mosaics = _all_mosaics(status) if show_all else _open_mosaics(status)
    troubles = list(trouble_lines(status, folder))
    gap = [Text()] if troubles else []
    return Group(*map(Text, lines), Text(), _stages(status), *mosaics, *gap, *map(Text, troubles))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how far the runs in a folder are, once or every few seconds."""
    parser = argparse.ArgumentParser(prog="make status", description="Show how far the runs in a folder are.")
    parser.add_argument("folder", nargs="?", default=".", type=Path, help="the folder with results/")
    parser.add_argument("--watch", action="store_true", help="refresh every few seconds, until Ctrl-C")
    parser.add_argument("--all", action="store_true", help="show all mosaics with all stages")
    options = parser.parse_args(arguments)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    elif options.watch:
        _watch(console, options.folder, show_all=options.all)
    console.print(describe(options.folder, show_all=options.all))


def _watch(console: Console, folder: Path, *, show_all: bool) -> None:
    """Show the state every few seconds, until Ctrl-C."""
    with suppress(KeyboardInterrupt), Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            began = time.monotonic()
            live.update(describe(folder, show_all=show_all), refresh=True)
            time.sleep(max(EVERY_S, LEAST_PAUSE * (time.monotonic() - began)))


def _table(status: Status, *names: str) -> Table:
    """Return a table without rows; these are the names of its first columns."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, no_wrap=True)
    begun = "unfinished" if status.is_alive is False else "running"
    for name in ("done", begun, "failed", "quarantined", "core hours"):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _cells(counts: Counts) -> list[Text]:
    """Return the cells of a row; zeros are left blank."""
    failed, quarantined = (Text(f"{n:,}" if n else "") for n in (counts.failed, counts.quarantined))
    failed.stylize("bold red")
    quarantined.stylize("yellow")
    done = Text(f"{counts.done:,}/{counts.jobs:,}", style="green" if counts.is_complete else "")
    started = Text(f"{counts.started:,}" if counts.started else "")
    return [done, started, failed, quarantined, Text(f"{counts.core_hours:,.2f}")]


def _stages(status: Status) -> Table:
    """Return a table of all stages."""
    table = _table(status, "stage")
    for stage, counts in status.stages.items():
        table.add_row(stage, *_cells(counts))
    table.add_row("total", *_cells(status.total), style="bold")
    return table


def _open_mosaics(status: Status) -> Iterator[Table | Text]:
    """Yield the incomplete mosaics with their jobs to do, those with failed jobs first."""
    mosaics = status.mosaics
    still_open = {mosaic: counts for mosaic, counts in mosaics.items() if not counts.is_complete}
    if not still_open:
        return
    order = sorted(still_open, key=lambda name: _rank(still_open[name]))
    yield Text(f"\nMosaics that are not complete ({len(still_open):,} of {len(mosaics):,}):", style="bold")
    table = _table(status, "mosaic")
    table.add_column("to do", no_wrap=True)
    for mosaic in islice(order, MOST_MOSAICS):
        table.add_row(mosaic, *_cells(still_open[mosaic]), _to_do(status, mosaic))
    yield table
    if len(order) > MOST_MOSAICS:
        yield Text(f"and {len(order) - MOST_MOSAICS:,} more (all: make status ARGS=--all)")


def _rank(counts: Counts) -> tuple[int, int, int]:
    """Return the sort key of a mosaic: most failed, then most running, then most finished jobs first."""
    return -counts.failed, -counts.started, -counts.done


def _to_do(status: Status, mosaic: str) -> str:
    """Return the number of jobs to do in each incomplete stage of a mosaic."""
    stages = {stage: status.counts.get((mosaic, stage), Counts()) for stage in status.stages}
    left = {stage: counts.jobs - counts.done for stage, counts in stages.items()}
    return ", ".join(f"{stage} {number:,}" for stage, number in left.items() if number)


def _all_mosaics(status: Status) -> Iterator[Table | Text]:
    """Yield a table of all mosaics with all stages."""
    yield Text()
    table = _table(status, "mosaic", "stage")
    for mosaic in status.mosaics:
        stages = [stage for stage in status.stages if (mosaic, stage) in status.counts]
        for number, stage in enumerate(stages):
            table.add_row("" if number else mosaic, stage, *_cells(status.counts[mosaic, stage]))
    yield table


if __name__ == "__main__":
    main()
