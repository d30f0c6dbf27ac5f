"""Cut the patches for the training of networks, and write and read them as HDF5."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from radiofind.files import whole_or_absent
from radiofind.finders.convosource.labels import NoiseLevel, label_truth, measure_level, read_strips
from radiofind.finders.convosource.training_data import SPLITS, Ground
from radiofind.mosaics.box import Box, pixel_of
from radiofind.mosaics.regions import PATCH_PIXELS

logger = logging.getLogger(__name__)

PLANES = {"image": "float32", "mean": "float32", "rms": "float32", "solution": "uint8"}
"""Datasets of shape (n, 50, 50)."""
PLACES = {"x0": "int32", "y0": "int32", "mosaic": "int32"}
"""Datasets of shape (n,)."""
TRUTH = {
    **{"x": "float64", "y": "float64", "apparent_total_flux": "float64"},
    **{"snr": "float64", "code": "uint8", "mosaic": "int32"},
}
"""Columns of the truth, each a dataset."""


@dataclass(frozen=True)
class PatchSet:
    """The patches of the train boxes, or of the validation boxes, of a training set."""

    image: np.ndarray
    """Jy/beam, float32, shape (n, 50, 50)."""
    mean: np.ndarray
    """Mean of the noise, Jy/beam, float32, same shape."""
    rms: np.ndarray
    """Noise, Jy/beam, float32, same shape."""
    solution: np.ndarray
    """Class (see `labels.CODES`) of the truth above train_snr in each pixel, or 0; uint8, same shape."""
    x0: np.ndarray
    """First column of each patch in its mosaic, int32, shape (n,)."""
    y0: np.ndarray
    """First row of each patch, int32, shape (n,)."""
    mosaic: np.ndarray
    """Number of the mosaic of each patch in the list of mosaics, int32, shape (n,)."""
    truth: pd.DataFrame
    """x, y (mosaic pixels), apparent_total_flux (Jy), snr, code and mosaic of all sources in the boxes."""


@dataclass(frozen=True)
class Region:
    """One box of one mosaic, without its gap."""

    mosaic: int
    """Number of the mosaic in the list of mosaics."""
    box: Box
    """The box in mosaic pixels."""
    pixels: np.ndarray
    """Jy/beam, 2D float32 ndarray of shape `box.shape`."""
    mean: np.ndarray
    """Mean of the noise, in the same form."""
    rms: np.ndarray
    """Noise, in the same form."""
    solution: np.ndarray
    """As in `PatchSet`, uint8 of shape `box.shape`."""
    truth: pd.DataFrame
    """As in `PatchSet`, of this box only."""


def cut_patches(
    path: str | Path,
    grounds: Sequence[Ground],
    *,
    train_snr: float,
    train_rms: str,
    stride_pixels: int,
    provenance: Mapping[str, object] | None = None,
) -> None:
    """Write the patches of the train and validation boxes of a training set as HDF5.

    Parameters
    ----------
    path
        The file to write.
    grounds
        The mosaics; a mosaic without boxes contributes no patches.
    train_snr
        SNR (apparent total flux over noise) above which truth is marked in the solution.
    train_rms
        ``local``: the noise at the source; ``mean``: the mean of the noise map over the mosaic's train box,
        as in Lukic et al. 2019 (or over its validation box if it has no train box).
    stride_pixels
        Step from one train patch to the next. Validation patches do not overlap, except that the last patch
        of a row or a column ends with the box.
    provenance
        Provenance of the patches, to store with them.

    Raises
    ------
    ValueError
        If there is no train box or no validation box, or if a box contains blank pixels, no truth, or no
        truth above `train_snr`. Then nothing is written.
    """
    _check_options(grounds, train_rms)
    levels = {ground.mosaic: measure_level(ground) for ground in grounds if ground.inner}
    rms = {mosaic: level.mean if train_rms == "mean" else None for mosaic, level in levels.items()}
    truths = {split: _label(grounds, split, train_snr=train_snr, rms=rms) for split in SPLITS}
    with whole_or_absent(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["mosaics"] = [ground.mosaic for ground in grounds]
        file.attrs["origin"] = json.dumps(_origin(grounds, levels))
        file.attrs["provenance"] = json.dumps(dict(provenance or {}), sort_keys=True)
        file.attrs.update({"train_snr": train_snr, "train_rms": train_rms, "stride_pixels": stride_pixels})
        for split, stride in zip(SPLITS, (stride_pixels, PATCH_PIXELS), strict=True):
            group = _empty_group(file, split)
            for number, truth in truths[split].items():
                marked = truth[truth["snr"] > train_snr]
                _append(group["truth"], truth[list(TRUTH)].to_dict("series"))
                _append_patches(group, grounds[number], grounds[number].inner[split], marked, stride)
            logger.info("%s: %d patches, %d truth sources", split, len(group["x0"]), len(group["truth/x"]))


def read_patches(path: str | Path, split: str) -> PatchSet:
    """Return the patches in a file that `cut_patches` wrote.

    Parameters
    ----------
    path
        The file.
    split
        ``train`` or ``validation``.
    """
    with h5py.File(path) as file:
        group = file[split]
        truth = pd.DataFrame({name: group["truth"][name][:] for name in TRUTH})
        return PatchSet(**{name: group[name][:] for name in (*PLANES, *PLACES)}, truth=truth)


def read_origin(path: str | Path) -> dict[str, object]:
    """Return the origin of the patches in a file: mosaics, boxes, settings and provenance.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict
        ``mosaics`` (names, in the order of the numbers in `PatchSet.mosaic`), ``train_snr``, ``train_rms``,
        ``stride_pixels``, ``provenance``, and ``origin``: by mosaic its image, boxes with and without gap (as
        in the sheet), beam (`images.ImageHeader.plain_beam`: arcsec, arcsec, deg), pixel_arcsec and
        median_rms (Jy/beam; None without boxes).
    """
    with h5py.File(path) as file:
        attributes = dict(file.attrs)
    return {
        "mosaics": list(attributes["mosaics"]),
        "train_snr": float(attributes["train_snr"]),
        "train_rms": attributes["train_rms"],
        "stride_pixels": int(attributes["stride_pixels"]),
        "origin": json.loads(attributes["origin"]),
        "provenance": json.loads(attributes["provenance"]),
    }


def regions_of(patches: PatchSet) -> list[Region]:
    """Return the boxes of the mosaics, reassembled from their patches, in the order of the mosaics."""
    return [_region(patches, int(number)) for number in np.unique(patches.mosaic)]


def _check_options(grounds: Sequence[Ground], train_rms: str) -> None:
    """Raise an error if `train_rms` is unknown or a box is missing."""
    if train_rms not in ("local", "mean"):
        raise ValueError(f"Expected train_rms local or mean, received {train_rms!r}")
    names = ", ".join(ground.mosaic for ground in grounds) or "none that can be read"
    for split in SPLITS:
        if not any(split in ground.inner for ground in grounds):
            raise ValueError(f"Expected a mosaic with truth and a {split}_box, received {names}")


def _label(
    grounds: Sequence[Ground], split: str, *, train_snr: float, rms: Mapping[str, float | None]
) -> dict[int, pd.DataFrame]:
    """Return the truth in the boxes of a split, by number of the mosaic."""
    return {
        number: label_truth(ground, split, train_snr=train_snr, rms=rms[ground.mosaic]).assign(mosaic=number)
        for number, ground in enumerate(grounds)
        if split in ground.inner
    }


def _origin(grounds: Sequence[Ground], levels: Mapping[str, NoiseLevel]) -> dict[str, dict[str, object]]:
    """Return the entry of each mosaic in the result of `read_origin`."""
    return {
        ground.mosaic: {
            "image": str(ground.header.path),
            **{f"{split}_box": _text_of(ground.boxes.get(split)) for split in SPLITS},
            **{f"inner_{split}_box": _text_of(ground.inner.get(split)) for split in SPLITS},
            "beam": astuple(ground.header.plain_beam),
            "pixel_arcsec": ground.header.pixel_arcsec,
            "median_rms": levels[ground.mosaic].median if ground.inner else None,
        }
        for ground in grounds
    }


def _text_of(box: Box | None) -> str | None:
    """Return a box in the notation of the sheet, or None without one."""
    return str(box) if box else None


def _empty_group(file: h5py.File, split: str) -> h5py.Group:
    """Return a new group with empty datasets; each patch will be a chunk."""
    group = file.create_group(split)
    side = (PATCH_PIXELS, PATCH_PIXELS)
    for name, dtype in PLANES.items():
        packing = {"compression": "gzip", "shuffle": True}
        group.create_dataset(name, (0, *side), dtype, maxshape=(None, *side), chunks=(1, *side), **packing)
    for name, dtype in PLACES.items():
        group.create_dataset(name, (0,), dtype, maxshape=(None,))
    truth = group.create_group("truth")
    for name, dtype in TRUTH.items():
        truth.create_dataset(name, (0,), dtype, maxshape=(None,))
    return group


def _append(group: h5py.Group, rows: Mapping[str, np.ndarray]) -> None:
    """Add rows to datasets of a group."""
    for name, values in rows.items():
        dataset = group[name]
        before = len(dataset)
        dataset.resize(before + len(values), axis=0)
        dataset[before:] = values


def _append_patches(
    group: h5py.Group, ground: Ground, box: Box, marked: pd.DataFrame, stride_pixels: int
) -> None:
    """Add the patches of one box, one row of patches at a time."""
    x0 = _first_pixels(box.x0, box.x1, stride_pixels)
    rows = [
        Box(x0=box.x0, x1=box.x1, y0=int(y0), y1=int(y0) + PATCH_PIXELS)
        for y0 in _first_pixels(box.y0, box.y1, stride_pixels)
    ]
    for strip in read_strips(ground, rows):
        planes = (strip.pixels, strip.mean, strip.rms, solution_map(marked, strip.box))
        cut = [np.stack([plane[:, x : x + PATCH_PIXELS] for x in x0 - box.x0]) for plane in planes]
        number = np.full(len(x0), marked["mosaic"].iloc[0])
        places = {"x0": x0, "y0": np.full(len(x0), strip.box.y0), "mosaic": number}
        _append(group, {**dict(zip(PLANES, cut, strict=True)), **places})


def _first_pixels(low: int, high: int, stride_pixels: int) -> np.ndarray:
    """Return the first pixels of the patches along a side of a box; the last patch ends with the box."""
    return np.array([*range(low, high - PATCH_PIXELS, stride_pixels), high - PATCH_PIXELS])


def solution_map(truth: pd.DataFrame, box: Box) -> np.ndarray:
    """Return the solution in a rectangle: the class of the source in each pixel, or 0.

    Parameters
    ----------
    truth
        As `labels.label_truth` returns it; of two sources in a pixel the brighter one counts.
    box
        The rectangle in mosaic pixels.

    Returns
    -------
    2D uint8 ndarray
        Shape `box.shape`.
    """
    inside = truth[box.holds(truth["x"], truth["y"])].sort_values("snr", kind="stable")
    solution = np.zeros(box.shape, dtype=np.uint8)
    row, column = (pixel_of(inside[axis]).astype(int) for axis in ("y", "x"))
    # NumPy keeps the last of several values assigned to the same pixel.
    solution[row - box.y0, column - box.x0] = inside["code"]
    return solution


def _region(patches: PatchSet, number: int) -> Region:
    """Return the box of one mosaic, reassembled from its patches."""
    chosen = np.flatnonzero(patches.mosaic == number)
    x0, y0 = patches.x0[chosen], patches.y0[chosen]
    edges = (x0.min(), x0.max() + PATCH_PIXELS, y0.min(), y0.max() + PATCH_PIXELS)
    box = Box(*map(int, edges))
    planes = [np.empty(box.shape, dtype) for dtype in PLANES.values()]
    for patch, x, y in zip(chosen, x0 - box.x0, y0 - box.y0, strict=True):
        place = slice(y, y + PATCH_PIXELS), slice(x, x + PATCH_PIXELS)
        for name, plane in zip(PLANES, planes, strict=True):
            plane[place] = getattr(patches, name)[patch]
    truth = patches.truth[patches.truth["mosaic"] == number].reset_index(drop=True)
    return Region(number, box, *planes, truth)
