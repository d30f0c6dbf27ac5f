"""Load the truth and a catalogue of a mosaic for comparison, with the region of each row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from radiofind.evaluation.matching import Selection, match_table
from radiofind.evaluation.placed_truth import with_snr
from radiofind.files import read_metadata
from radiofind.mosaics.box import parse_box
from radiofind.mosaics.regions import Area


@dataclass(frozen=True)
class Comparison:
    """One finder and the truth on one mosaic."""

    area: Area
    """Regions and patches of the mosaic."""
    truth: pd.DataFrame
    """Truth with its SNR, region and patch."""
    detections: pd.DataFrame
    """Catalogue with region and patch."""


def read_area(mosaic: str, patches: str | Path, *, train_box: str | None, validation_box: str | None) -> Area:
    """Return the regions and patches of a mosaic, on which its finders are compared.

    Parameters
    ----------
    mosaic
        Name.
    patches
        The mosaic's noise summary.
    train_box, validation_box
        As in the mosaic sheet.
    """
    shape = tuple(read_metadata(patches)["shape"])
    return Area(
        mosaic=mosaic,
        shape=shape,
        train_box=parse_box(train_box or "", shape),
        validation_box=parse_box(validation_box or "", shape),
        valid_patches=pd.read_parquet(patches, columns=["patch"])["patch"].to_numpy(),
    )


def read_comparison(
    area: Area, *, patches: str | Path, truth: str | Path, catalogue: str | Path, truth_rms: str
) -> Comparison:
    """Return the truth and the catalogue of a mosaic, ready to be matched.

    Parameters
    ----------
    area
        Regions and patches of the mosaic.
    patches, truth, catalogue
        Files of the mosaic.
    truth_rms
        ``median`` or ``local``, as for `placed_truth.with_snr`.
    """
    median = read_metadata(patches)["median_rms"]
    placed = with_snr(pd.read_parquet(truth), truth_rms=truth_rms, median_rms=median)
    return Comparison(area, area.label(placed), area.label(pd.read_parquet(catalogue)))


def match_files(selection: Selection, *, radius_pixels: float, **files: str | None) -> pd.DataFrame:
    """Return the matches between a mosaic's truth and one of its catalogues, for one selection.

    Parameters
    ----------
    selection
        The rows to use.
    radius_pixels
        Largest distance of a match.
    **files
        Arguments of `read_area` and `read_comparison`.

    Notes
    -----
    Workers on other nodes read the files themselves, once for all selections.
    """
    pair = _compared(**files)
    return match_table(pair.truth, pair.detections, selection=selection, radius_pixels=radius_pixels)


@lru_cache(maxsize=1)
def _compared(
    *,
    mosaic: str,
    train_box: str | None,
    validation_box: str | None,
    patches: str,
    truth: str,
    catalogue: str,
    truth_rms: str,
) -> Comparison:
    """Return the truth and the catalogue of a mosaic, cached in each process."""
    area = read_area(mosaic, patches, train_box=train_box, validation_box=validation_box)
    return read_comparison(area, patches=patches, truth=truth, catalogue=catalogue, truth_rms=truth_rms)
