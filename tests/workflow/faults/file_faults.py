"""What may happen to the files that jobs read."""

from __future__ import annotations

from pathlib import Path

from workflow.faults.damages import copied_again, cut_short, overwritten, replaced
from workflow.faults.harness import Fault
from workflow.faults.names import (
    MERGED,
    NETWORK_AGAIN,
    NETWORK_ALONE,
    NETWORK_AND_SEARCH,
    PEAKS_AGAIN,
    PEAKS_ALONE,
    PEAKS_FOUND,
    TRAINED,
)

INPUTS = [
    Fault(
        f"mosaic {what}",
        removed=PEAKS_AGAIN,
        damage=damage,
        ends_well=True,
        present=(PEAKS_FOUND,),
        reports=("data/hard.fits: expected a FITS image",),
        mend=copied_again("data/hard.fits"),
        remedy="image copied again",
    )
    for what, damage in {
        "cut short": cut_short("data/hard.fits"),
        "with a header overwritten with zeros": overwritten("data/hard.fits"),
    }.items()
] + [
    Fault(
        f"mosaic that is {what}",
        damage=replaced("data/hard.fits", make),
        tells=("sheet.tsv, line 4, column image",),
        mend=copied_again("data/hard.fits"),
        remedy="image copied again",
    )
    for what, make in {
        "a dangling link": lambda path: path.symlink_to("gone.fits"),
        "a folder": Path.mkdir,
    }.items()
]


def cut_by_a_crash(what: str, name: str, removed: tuple[str, ...], targets: tuple[str, ...]) -> Fault:
    """Return the fault of a result that a job notices to be cut short."""
    return Fault(
        f"{what} cut short by a crash of the machine",
        removed=removed,
        damage=cut_short(f"results/{name}", keep_time=True),
        targets=targets,
        absent=(name,),
        tells=(f"{Path(name).name}.damaged",),
        set_aside=(f"{name}.damaged",),
    )


DAMAGED_RESULTS = [
    cut_by_a_crash(what, name, removed, targets)
    for what, name, removed, targets in (
        ("detections (Parquet)", PEAKS_FOUND, ("a-b.c_1/catalogues/peaks.parquet",), PEAKS_ALONE),
        ("noise map (FITS)", "a-b.c_1/noise/y000x000.fits", PEAKS_AGAIN, PEAKS_ALONE),
        ("patches for training (HDF5)", "models/strip/net.patches.h5", TRAINED, NETWORK_ALONE),
        ("network (.keras)", TRAINED[0], NETWORK_AGAIN, NETWORK_AND_SEARCH),
        (
            "catalogue (Parquet)",
            MERGED,
            ("strip/catalogues/peaks.fits",),
            ("results/strip/catalogues/peaks.fits",),
        ),
        ("fingerprints (Parquet)", "hard/fingerprints.parquet", ("tiles.parquet",), ()),
        ("record of a network (JSON)", TRAINED[1], NETWORK_AGAIN, NETWORK_AND_SEARCH),
    )
] + [
    Fault(
        "index of the tiles (Parquet) cut short by a crash of the machine",
        removed=PEAKS_AGAIN,
        targets=PEAKS_ALONE,
        damage=cut_short("results/tiles.parquet", keep_time=True),
        tells=("results/tiles.parquet: ", "--forcerun index_tiles"),
        again=("--forcerun", "index_tiles"),
    ),
    Fault(
        "file of a tile (JSON) cut short by a crash of the machine",
        removed=PEAKS_AGAIN,
        damage=cut_short("results/a-b.c_1/tiles/y000x000.json", keep_time=True),
        tells=("y000x000.json.damaged",),
        set_aside=("a-b.c_1/tiles/y000x000.json.damaged",),
        again=("--forcerun", "index_tiles"),
    ),
]
