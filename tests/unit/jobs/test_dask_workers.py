"""The results of Dask workers are those of a loop, in order, also when a worker is lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from distributed import KilledWorker

from radiofind.catalogues.block_tables import TileNote, write_tiles
from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.columns import COMPONENT, DETECTION, conform
from radiofind.catalogues.detections import DEFAULTS
from radiofind.catalogues.merging import (
    CUT,
    detection_reader,
    merge_components,
    merge_detections,
)
from radiofind.evaluation.comparison import match_files, read_area, read_comparison
from radiofind.evaluation.matching import Selection, match_table
from radiofind.jobs import dask_cluster
from radiofind.jobs.dask_workers import open_workers
from radiofind.jobs.tasks import AHEAD
from radiofind.mosaics.tiles import Tile, tiles_of
from radiofind.tables import write_parquet

pytestmark = pytest.mark.slow

TILES = list(tiles_of((100, 2000), core_pixels=100, halo_pixels=20))
"""Twenty tiles in a row; the island at each seam is in two of them."""


def ones(ra, dec):
    return np.ones(len(ra))


def found_in(tile: Tile) -> pd.DataFrame:
    """Thirty sources of a tile, some of them in the islands at its two seams."""
    rng = np.random.default_rng(tile.box.x0)
    x = rng.uniform(tile.box.x0, tile.box.x1, 30)
    seams = [seam for seam in range(80, 2000, 100) if tile.box.x0 <= seam < tile.box.x1]
    rows = [
        {**DEFAULTS, "source_id": f"{tile.name}-{n:02d}", "x": at, "y": 50.0, "ra": at / 1000, "dec": 1.0}
        | {"tile": tile.name, "mosaic": "m", "finder": "f", "apparent_total_flux": rng.uniform()}
        for n, at in enumerate(x)
    ]
    for island, seam in enumerate(seams):
        cut = {"island": island, "island_cut": bool(island), "island_pixels": 50, "crossings": f"{seam}:50"}
        rows[island] |= cut
    return conform(pd.DataFrame(rows), DETECTION)


@pytest.fixture(scope="module")
def paths(tmp_path_factory) -> dict[str, Path]:
    """The detections of all tiles as files."""
    folder = tmp_path_factory.mktemp("detections")
    paths = {tile.name: folder / f"{tile.name}.parquet" for tile in TILES}
    for tile in TILES:
        write_tiles([found_in(tile)], [TileNote(tile.name, "key")], paths[tile.name])
    return paths


def merged(read, folder: Path, **options) -> Mapping[str, bytes]:
    """Merge all tiles and return the contents of the files."""
    folder.mkdir()
    write_catalogue(merge_detections(read, TILES, beam_at=ones, **options), folder / "catalogue.parquet")
    catalogue = pd.read_parquet(folder / "catalogue.parquet")
    parts = merge_components(read, TILES, catalogue=catalogue, beam_at=ones, **options)
    write_catalogue(parts, folder / "components.parquet", columns=COMPONENT)
    assert len(catalogue) > 400 and set(catalogue["flags"]) == {"", CUT}
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def expected(paths, tmp_path_factory) -> Mapping[str, bytes]:
    """The result of a loop over the tiles."""
    return merged(detection_reader(paths), tmp_path_factory.mktemp("loop") / "merged")


@pytest.mark.parametrize(("cluster", "threads"), [("local", 1), ("local", 3), ("processes", 2)])
def test_any_workers_make_the_same_bytes_as_a_loop(paths, expected, tmp_path, cluster, threads):
    with open_workers(cluster=cluster, threads=threads) as workers:
        assert merged(detection_reader(paths), tmp_path / "merged", apply=workers.map) == expected


def read_and_die_once(read, mark: Path, tile: Tile) -> pd.DataFrame:
    """Read a tile, but kill this process at the ninth tile, the first time."""
    if tile == TILES[8] and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return read(tile)


def test_a_worker_that_is_killed_does_not_change_a_byte(paths, expected, tmp_path):
    mark = tmp_path / "killed"
    read = partial(read_and_die_once, detection_reader(paths), mark)
    with open_workers(cluster="processes", threads=2) as workers:
        assert merged(read, tmp_path / "merged", apply=workers.map) == expected
    assert mark.exists()


def pid_after(seconds: float, _item: int) -> int:
    time.sleep(seconds)
    return os.getpid()


def test_results_of_a_killed_worker_are_computed_again(tmp_path):
    with open_workers(cluster="processes", threads=2) as workers:
        pids = workers.map(partial(pid_after, 0.01), range(40), together=1)
        first = next(pids)
        os.kill(first, signal.SIGKILL)
        rest = list(pids)
    assert len(rest) == 39
    assert first not in rest[2 * AHEAD :]


def test_few_items_are_taken_before_the_first_result():
    taken = []

    def items():
        for item in range(1000):
            taken.append(item)
            yield item

    with open_workers(threads=2) as workers:
        results = workers.map(str, items(), together=3)
        assert next(results) == "0"
        assert len(taken) <= 3 * 2 * AHEAD
        assert list(results) == [str(item) for item in range(1, 1000)]
        assert list(workers.map(str, [])) == []


def reciprocal(number: int) -> float:
    return 1 / number


def test_an_error_of_a_task_is_raised_and_ends_the_workers():
    with pytest.raises(ZeroDivisionError), open_workers(threads=2) as workers:
        list(workers.map(reciprocal, [2, 1, 0, 1]))


def die(_item: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_task_that_kills_its_workers_fails(monkeypatch):
    monkeypatch.setitem(dask_cluster.SETTINGS, "distributed.scheduler.allowed-failures", 1)
    with open_workers(cluster="processes") as workers, pytest.raises(KilledWorker):
        list(workers.map(die, [0]))


@pytest.mark.parametrize(("cluster", "addresses"), [("local", set()), ("processes", {"127.0.0.1"})])
def test_other_machines_cannot_connect(cluster, addresses):
    with open_workers(cluster=cluster, threads=2) as workers:
        assert list(workers.map(str, range(3))) == ["0", "1", "2"]
        ours = [psutil.Process(), *psutil.Process().children(recursive=True)]
        ports = [port for process in ours for port in process.net_connections() if port.status == "LISTEN"]
        assert {port.laddr.ip for port in ports} == addresses


def test_slurm_without_sbatch_is_an_error(monkeypatch):
    monkeypatch.setenv("PATH", "")
    settings = {"jobs": 1, "cores": 1, "memory_gb": 1, "walltime_min": 1, "options": []}
    settings |= dict.fromkeys(["account", "partition", "interface"])
    missing = pytest.raises(FileNotFoundError, match=r"dask\.cluster.*sbatch")
    with missing, open_workers(cluster="slurm", **settings):
        pass


@pytest.fixture
def matched_files(tmp_path) -> Mapping[str, str]:
    """The truth and a catalogue of a mosaic of 200 pixels, and its patches."""
    rng = np.random.default_rng(5)
    x, y = rng.uniform(0, 200, (2, 300))
    ids = [f"s{n}" for n in range(300)]
    common = {"x": x, "y": y, "snr": rng.uniform(0, 9, 300), "apparent_total_flux": rng.uniform(size=300)}
    truth = pd.DataFrame({**common, "truth_id": ids, "class": "sfg", "local_rms": 0.1})
    catalogue = pd.DataFrame({**common, "source_id": ids, "x": x + 0.5, "peak_snr": common["snr"]})
    patches = pd.DataFrame({"patch": range(16)})
    paths = {name: str(tmp_path / f"{name}.parquet") for name in ("truth", "catalogue", "patches")}
    write_parquet(truth, paths["truth"])
    write_parquet(catalogue, paths["catalogue"])
    write_parquet(patches, paths["patches"], metadata={"shape": [200, 200], "median_rms": 0.1})
    return paths


@pytest.mark.parametrize("cluster", ["local", "processes"])
def test_a_catalogue_is_matched_as_by_a_loop(matched_files, cluster):
    chosen = [Selection(snr, "as_found", "snr", snr) for snr in (1.0, 2.0, 5.0)]
    boxes = {"train_box": "0:100,0:200", "validation_box": None}
    match = partial(match_files, mosaic="m", **matched_files, **boxes, truth_rms="median", radius_pixels=3)
    with open_workers(cluster=cluster, threads=2) as workers:
        tables = list(workers.map(match, chosen, together=1))
    area = read_area("m", matched_files["patches"], **boxes)
    pair = read_comparison(area, **matched_files, truth_rms="median")
    for table, selection in zip(tables, chosen, strict=True):
        expected = match_table(pair.truth, pair.detections, selection=selection, radius_pixels=3)
        pd.testing.assert_frame_equal(table, expected)
        assert table["separation_pixels"].notna().sum() > 50
