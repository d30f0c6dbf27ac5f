"""Faults of several kinds that strike in one run: each must be seen, and none may hide another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from workflow.faults.faults import FAULTS
from workflow.faults.file_faults import cut_by_a_crash
from workflow.faults.harness import Fault
from workflow.faults.names import HARD_MERGED

SHARED_RUNS = {
    "ends well": (
        FAULTS["kill -9 of a tile job in every attempt"],
        FAULTS["kill -9 of the report as it is put in its place"],
        FAULTS["mosaic cut short"],
    ),
    "fails": (
        FAULTS["kill -9 of a PyBDSF job between its two files"],
        FAULTS["full disk under the detections of a mosaic"],
        FAULTS["image that becomes unreadable after it was indexed"],
        FAULTS["kill -9 of the merge while it writes"],
    ),
    # On its own: it ends the run, perhaps before the others strike.
    "fails at once": (
        cut_by_a_crash(
            "detections of another mosaic (Parquet)",
            "hard/detections/pybdsf/y000x003.parquet",
            (HARD_MERGED,),
            (f"results/{HARD_MERGED}",),
        ),
    ),
    "is killed": (FAULTS["kill -9 of Snakemake and its jobs while tiles run, as when a machine dies"],),
    "does not begin": (FAULTS["index of the tiles (Parquet) cut short by a crash of the machine"],),
}
"""At least one fault of each group, by what becomes of the run."""
OF_ALL = ("removed", "strikes", "absent", "present", "set_aside", "tells", "reports", "again")
"""What a run has of all its faults."""


def together(faults: Sequence[Fault]) -> Fault:
    """Return faults as one, which stops Snakemake if one of them does that alone."""
    (stop,) = {fault.stop for fault in faults}
    targets = [fault.targets for fault in faults]
    return Fault(
        ", ".join(fault.name for fault in faults),
        **{field: _joined(getattr(fault, field) for fault in faults) for field in OF_ALL},
        damage=_in_turn([fault.damage for fault in faults]),
        mend=_in_turn([fault.mend for fault in faults]),
        disk=_disks_of(faults),
        stop=stop,
        targets=_joined(targets) if all(targets) else (),
        ends_well=all(fault.ends_well for fault in faults),
    )


def _joined(parts: Iterable[tuple]) -> tuple:
    """Return what several tuples hold, each thing once."""
    return tuple(dict.fromkeys(one for part in parts for one in part))


def _in_turn(acts: Sequence[Callable[[Path], object]]) -> Callable[[Path], None]:
    """Return what does several things to a folder."""

    def act(folder: Path) -> None:
        for one in acts:
            one(folder)

    return act


def _disks_of(faults: Sequence[Fault]) -> Callable[[Path], AbstractContextManager]:
    """Return what does to the disk what all faults do."""

    @contextmanager
    def changed(copy: Path) -> Iterator[None]:
        with ExitStack() as stack:
            for fault in faults:
                stack.enter_context(fault.disk(copy))
            yield

    return changed
