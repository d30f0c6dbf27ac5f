"""Measure the cost of merging a mosaic with the different kinds of Dask workers, side by side in one run.

    python benchmarks/merging.py --tiles 1000 --sources 200     # as in LoTSS
    python benchmarks/merging.py --tiles 100 --sources 5000     # as in SDC1 at 560 MHz

The tiles are made up: random sources, one in ten of them on an island at the edge of the tile. Prints the
fastest of several rounds, as wall time, which depends on other load, and as CPU time.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import dask
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.catalogues.block_tables import TileNote, write_tiles
from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.columns import DETECTION, conform
from radiofind.catalogues.detections import DEFAULTS, name_sources
from radiofind.catalogues.merging import detection_reader, merge_detections
from radiofind.jobs.dask_workers import open_workers
from radiofind.mosaics.primary_beams import beam_sampler
from radiofind.mosaics.tiles import Tile, tiles_of

CORE, HALO = 2000, 100
AT_EDGES = 0.1
"""Fraction of the sources on an island at the edge of a tile."""
BATCH = 64


def make_tile(tile: Tile, sources: int) -> pd.DataFrame:
    """Return made-up detections of a tile."""
    rng = np.random.default_rng([tile.box.x0, tile.box.y0])
    x = rng.uniform(tile.box.x0, tile.box.x1, sources)
    y = rng.uniform(tile.box.y0, tile.box.y1, sources)
    numbers = {column.name: rng.uniform(size=sources) for column in DETECTION if column.dtype == "float64"}
    table = pd.DataFrame({**DEFAULTS, **numbers, "x": x, "y": y, "ra": x / 1e4, "dec": -y / 1e4})
    at_edge = rng.uniform(size=sources) < AT_EDGES
    crossings = [f"{round(one)}:{tile.box.y0}" if edge else "" for one, edge in zip(x, at_edge, strict=True)]
    table = table.assign(island=range(sources), island_pixels=20, crossings=crossings, tile=tile.name)
    names = name_sources(table["ra"].to_numpy(), table["dec"].to_numpy())
    return conform(table.assign(source_id=names, mosaic="m", finder="f"), DETECTION)


@contextmanager
def loop() -> Iterator[Callable]:
    """Yield a plain loop, without Dask."""
    yield map


@contextmanager
def threaded() -> Iterator[Callable]:
    """Yield Dask's scheduler of threads, which needs no workers."""

    def apply(function: Callable, items: Sequence) -> Iterator:
        given = list(items)
        for start in range(0, len(given), BATCH):
            yield from dask.compute(*(dask.delayed(function)(item) for item in given[start : start + BATCH]))

    with dask.config.set(scheduler="threads", num_workers=2):
        yield apply


@contextmanager
def workers(cluster: str, threads: int) -> Iterator[Callable]:
    """Yield the Dask workers of a job."""
    with open_workers(cluster=cluster, threads=threads) as opened:
        yield opened.map


WAYS = {
    "a loop": loop,
    "Dask's threads, 2": threaded,
    "local, 1 thread": partial(workers, "local", 1),
    "local, 2 threads": partial(workers, "local", 2),
    "processes, 2": partial(workers, "processes", 2),
}


def measure(way: Callable, tiles: Sequence[Tile], paths: dict[str, Path], catalogue: Path) -> np.ndarray:
    """Return the wall time and CPU time of a merge in seconds, including the start of the workers."""
    start = np.array([time.perf_counter(), _processor_s()])
    with way() as apply:
        merged = merge_detections(detection_reader(paths), tiles, beam_at=beam_sampler(None), apply=apply)
        write_catalogue(merged, catalogue)
    return np.array([time.perf_counter(), _processor_s()]) - start


def _processor_s() -> float:
    """Return the CPU time of this process and of its finished children, in seconds."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    """Measure all kinds of workers in turn, several times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiles", type=int, default=1000)
    parser.add_argument("--sources", type=int, default=200, help="per tile")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    tiles = list(tiles_of((CORE, CORE * options.tiles), core_pixels=CORE, halo_pixels=HALO))
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        paths = {tile.name: folder / f"{tile.name}.parquet" for tile in tiles}
        for tile in tiles:
            write_tiles([make_tile(tile, options.sources)], [TileNote(tile.name, "key")], paths[tile.name])
        rounds = {name: [] for name in WAYS}
        contents = set()
        for _ in range(options.rounds):
            for name, way in WAYS.items():
                rounds[name].append(measure(way, tiles, paths, folder / "catalogue.parquet"))
                contents.add((folder / "catalogue.parquet").read_bytes())
        rows = len(pd.read_parquet(folder / "catalogue.parquet", columns=["x"]))
    print(f"{len(tiles)} tiles, {options.sources} detections each, {rows} sources, {len(contents)} result")
    best = {name: np.min(times, axis=0) for name, times in rounds.items()}
    for name, (wall, processor) in best.items():
        ratios = best[name] / best["a loop"]
        print(f"  {name:18s} wall {wall:6.2f} s, {ratios[0]:.2f} x a loop", end="")
        print(f"    processor {processor:6.2f} s, {ratios[1]:.2f} x a loop")


if __name__ == "__main__":
    main()
