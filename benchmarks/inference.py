"""Measure the speed of the network of Lukic et al. 2019 on an image, on one thread.

    python benchmarks/inference.py

In one run, in turns: (a) keras predict on patches of 50 x 50 pixels, as in the paper's code; (b) the
job of a tile, in float32 and in bfloat16; (c) the peak of this processor, from a product of two matrices
in the same precision, divided by the operations per pixel. Prints million pixels per second of CPU time (wall
time on a GPU).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import keras
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.finders.convosource.architectures import paper_network, with_precision
from radiofind.finders.convosource.inference import predictor_of, probability_map
from radiofind.networks.backend import compiles_kernels, has_gpu, set_up

PATCH = 50
OPERATIONS_PER_PIXEL = 2 * (49 * 16 + 16 * 25 * 32 + 32 * 9 * 64 + 64)
"""Multiplications and additions of the paper's network."""
SIDE = {True: 16384, False: 4096}
"""Side of the matrices, on a GPU and on a CPU."""
REACH = 6
"""Of the paper's network."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size", type=int, default=2000, help="side of the image (default 2000)")
    parser.add_argument("--rounds", type=int, default=5, help="number of measurements (default 5)")
    options = parser.parse_args()
    place = set_up(threads=1, seed=1)
    image = np.random.default_rng(1).normal(size=(options.size, options.size)).astype(np.float32)
    runs = runs_on(image)
    best = dict.fromkeys(runs, np.inf)
    for run in runs.values():
        run()
    for _ in range(options.rounds):
        for name, run in runs.items():
            best[name] = min(best[name], seconds_of(run))
    speeds = {name: speed_of(name, seconds, image.size) for name, seconds in best.items()}
    print(f"{place}, {os.cpu_count()} processors, image {options.size} x {options.size}")
    for name, speed in speeds.items():
        print(f"{name:28s} {speed:9.2f} million pixels per second")
    for precision in ("float32", "bfloat16"):
        tile, patches = speeds[f"(b) tile, {precision}"], speeds["(a) patches, float32"]
        peak = speeds[f"(c) peak, {precision}"]
        print(f"(b) {precision}: {tile / patches:.2f} of (a), {tile / peak:.2f} of (c)")


def runs_on(image: np.ndarray) -> dict[str, Callable[[], object]]:
    """Return the functions to measure, by name."""
    network = paper_network()
    rows, columns = (side // PATCH for side in image.shape)
    patches = image.reshape(rows, PATCH, columns, PATCH).swapaxes(1, 2).reshape(-1, PATCH, PATCH, 1)
    network.compile(jit_compile=compiles_kernels())
    runs = {"(a) patches, float32": lambda: network.predict(patches, batch_size=128, verbose=0)}
    for precision in ("float32", "bfloat16"):
        predict = predictor_of(with_precision(network, precision))
        runs[f"(b) tile, {precision}"] = tile_job(predict, image)
        runs[f"(c) peak, {precision}"] = matrix_product(precision)
    return runs


def tile_job(predict: Callable[[np.ndarray], np.ndarray], image: np.ndarray) -> Callable[[], np.ndarray]:
    """Return a function that makes the probability map of an image like the job of a tile."""
    return lambda: probability_map(predict, image, reach_pixels=REACH, turns=1)


def matrix_product(precision: str) -> Callable[[], np.ndarray]:
    """Return a function that multiplies two matrices, to measure the peak speed of the processor."""
    side = SIDE[has_gpu()]
    inputs = keras.Input((side,))
    product = keras.layers.Dense(side, use_bias=False, dtype=precision)(inputs)
    # Only one number per row is copied from the device.
    largest = keras.layers.Lambda(partial(keras.ops.max, axis=1), output_shape=(), dtype=precision)(product)
    model = keras.Model(inputs, largest)
    model.compile(jit_compile=compiles_kernels())
    matrix = keras.ops.cast(np.random.default_rng(2).normal(size=(side, side)), precision)
    return lambda: model.predict_on_batch(matrix)


def seconds_of(run: Callable[[], object]) -> float:
    """Return the time of one run: CPU time, or wall time on a GPU."""
    clock = time.perf_counter if has_gpu() else time.process_time
    start = clock()
    run()
    return clock() - start


def speed_of(name: str, seconds: float, pixels: int) -> float:
    """Return million pixels per second; for (c), the pixels that its operations would allow."""
    if name.startswith("(c)"):
        return 2 * SIDE[has_gpu()] ** 3 / OPERATIONS_PER_PIXEL / seconds / 1e6
    return pixels / seconds / 1e6


if __name__ == "__main__":
    main()
