"""Measure which simulated sources are flagged as resolved, by size and SNR.

    python benchmarks/resolved.py [--seeds 3] [--first-seed 200]

The constants of `catalogues.resolved` were chosen with the seeds 1 to 3 and 100.

A row per finder, beam, size and peak SNR: the number of sources found, the part of them that are flagged, and
the 98th percentile of ln(total / peak).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from radiofind.catalogues.detections import complete
from radiofind.mosaics.images import ImageHeader
from shape_errors import PIXEL_ARCSEC, make_field, with_our_fit, with_pybdsf, write_header

BEAMS_PIXELS = (2.5, 4.0, 8.0)
SIZES = (1.0, 1.2, 1.5, 2.0, 3.0)
"""Major axes in beams; the minor axis is that of the beam."""
SNRS = (5, 7, 10, 20, 50, 100, 300, 1000)
FINDERS = {"pybdsf": with_pybdsf, "network's fit": with_our_fit}


def find(header: ImageHeader, size: float, snr: float, seeds: range) -> dict[str, pd.DataFrame]:
    """Return the detections of each finder, at most a beam from a true source."""
    found = {finder: [] for finder in FINDERS}
    for seed in seeds:
        field, truth = make_field(header, (size, 1.0), snr, seed)
        for finder, search in FINDERS.items():
            table = search(field, truth)
            if "resolved" not in table:
                table = complete(table, sky=field, finder=finder)
            distance, _ = cKDTree(truth[["x", "y"]]).query(table[["x", "y"]])
            found[finder].append(table[distance < header.beam.major_arcsec / PIXEL_ARCSEC])
    return {finder: pd.concat(tables) for finder, tables in found.items()}


def rows(beam_pixels: float, seeds: range) -> list[dict[str, object]]:
    """Return the rows of the table for one beam."""
    table = []
    with TemporaryDirectory() as folder:
        header = write_header(Path(folder), beam_pixels=beam_pixels)
        for size in SIZES:
            for snr in SNRS:
                for finder, found in find(header, size, snr, seeds).items():
                    excess = np.log(found["apparent_total_flux"] / found["apparent_peak_flux"])
                    row = {"finder": finder, "beam": beam_pixels, "size": size, "snr": snr}
                    row |= {"found": len(found), "resolved": found["resolved"].mean()}
                    table.append(row | {"q98": excess.quantile(0.98)})
    return table


def main() -> None:
    """Print the table."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=200)
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    table = pd.DataFrame([row for beam_pixels in BEAMS_PIXELS for row in rows(beam_pixels, seeds)])
    print(table.sort_values("finder", kind="stable").to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
