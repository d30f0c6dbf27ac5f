"""Collect the content of the report from the files of a run."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import yaml

from radiofind.files import read_metadata
from radiofind.jobs.provenance import DIFFERENT, read_provenance
from radiofind.mosaics.box import Box
from radiofind.mosaics.images import ImageSource, read_pixels
from radiofind.mosaics.regions import PATCH_PIXELS, patches_across
from radiofind.report.classifiers import ClassifierReport
from radiofind.report.completeness import read_completeness_report
from radiofind.report.data import ReportData
from radiofind.report.frozen_models import read_frozen_models
from radiofind.report.sky_view import SkyView
from radiofind.report.survey import read_survey_report
from radiofind.tables import read_csv
from radiofind.workflow.quarantine import list_quarantine
from radiofind.workflow.run_warnings import list_warnings

MOST_VIEWS = 3
"""Number of mosaics of which an image cutout is shown."""
VIEW_PATCHES = 4
"""Side of the image cutout, in patches."""
OF_THE_REPORT = ("snakemake", "matplotlib")
"""Packages that catalogues do not record, whose versions are shown too."""


@dataclass(frozen=True)
class MosaicFiles:
    """The files of one mosaic that the report reads."""

    mosaic: str
    """Name."""
    image: ImageSource
    """The mosaic."""
    patches: str
    """Noise summary."""
    catalogues: Mapping[str, str]
    """Catalogue by finder."""
    truth: str | None
    """Truth placed on the mosaic, if any."""


def mosaic_files(
    images: Mapping[str, ImageSource],
    *,
    patches: Iterable[str],
    catalogues: Iterable[str],
    truths: Iterable[str],
) -> list[MosaicFiles]:
    """Return the files of each mosaic.

    Parameters
    ----------
    images
        Image by mosaic.
    patches, catalogues, truths
        Paths ``results/{mosaic}/patches.parquet``, ``results/{mosaic}/catalogues/{finder}.parquet`` and
        ``results/{mosaic}/truth.parquet``, in any order.
    """
    noise = {Path(path).parent.name: path for path in patches}
    truth = {Path(path).parent.name: path for path in truths}
    found: dict[str, dict[str, str]] = {mosaic: {} for mosaic in images}
    for path in catalogues:
        found[Path(path).parent.parent.name][Path(path).stem] = path
    return [
        MosaicFiles(mosaic, image, noise[mosaic], found[mosaic], truth.get(mosaic))
        for mosaic, image in images.items()
    ]


def read_report_data(
    mosaics: Sequence[MosaicFiles],
    *,
    tiles: str,
    scores: Iterable[str],
    curves: Iterable[str],
    cuts: Iterable[str],
    calibrations: Iterable[str],
    models: Iterable[str],
    frozen: Iterable[str],
    configuration: Mapping,
    classifiers: ClassifierReport | None = None,
    survey: Sequence[str] = (),
    areas: Sequence[str] = (),
    completeness: Sequence[str] = (),
    reliabilities: Sequence[str] = (),
    flux_completeness: Sequence[str] = (),
    counts: Sequence[str] = (),
) -> ReportData:
    """Return the content of the report.

    Parameters
    ----------
    mosaics
        The readable mosaics.
    tiles
        The tile table.
    scores, curves, cuts, calibrations
        Files of the evaluation; paths of cuts end in ``{training_set}/{finder}.json``.
    models
        Training records of finders, ``{training_set}/{finder}.json``; those without ``history``, which were
        not trained in epochs, are left out.
    frozen
        Records of frozen models (see `frozen_models.read_frozen_models`).
    configuration
        The checked configuration.
    classifiers
        Result of `classifier_inputs.read_classifier_report`.
    survey, areas
        Catalogues of the survey and its table of areas, if any (see `survey.read_survey_report`).
    completeness, reliabilities, flux_completeness, counts
        What fake sources and negated mosaics tell, if any (see `completeness.read_completeness_report`).
    """
    catalogues = pd.DataFrame([row for files in mosaics for row in _catalogue_rows(files)])
    paths = {(one.mosaic, finder): path for one in mosaics for finder, path in one.catalogues.items()}
    return ReportData(
        scores=_joined(read_csv(path) for path in scores),
        curves=_joined(read_csv(path) for path in curves),
        tiles=pd.read_parquet(tiles),
        empty_tiles=pd.DataFrame([row for files in mosaics for row in _empty_tiles(files)]),
        quarantine=list_quarantine(
            paths, {one.mosaic: one.patches for one in mosaics}, finders=configuration["finders"]
        ),
        warnings=list_warnings(paths, tiles),
        catalogues=catalogues,
        noise=pd.DataFrame([_noise_row(files) for files in mosaics]),
        covered=_joined(_covered_rows(files) for files in mosaics),
        area=_joined(_area_rows(files) for files in mosaics),
        views=[
            _view(files, min(configuration["snr"]))
            for files in mosaics[:MOST_VIEWS]
            if pq.read_metadata(files.patches).num_rows
        ],
        cuts=_joined(_cut_rows(path) for path in cuts),
        calibrations=_joined(read_csv(path) for path in calibrations),
        training=_joined(_training_rows(path) for path in models),
        config_text=yaml.safe_dump(dict(configuration), sort_keys=False),
        versions=versions_of(mosaics),
        only=configuration.get("only") or {},
        frozen=read_frozen_models(frozen, configuration=configuration),
        classifiers=classifiers,
        survey=read_survey_report(
            survey, areas, products=(configuration.get("survey") or {}).get("products", ())
        ),
        completeness=read_completeness_report(completeness, reliabilities, flux_completeness, counts),
    )


def _joined(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all non-empty tables."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()


def _catalogue_rows(files: MosaicFiles) -> Iterable[dict[str, object]]:
    """Yield the number of sources per finder, and how many are on an island cut by a tile."""
    for finder, path in files.catalogues.items():
        flags = pd.read_parquet(path, columns=["flags"])["flags"]
        flagged = int(flags.str.split(",").map(lambda words: "island_cut" in words).sum())
        yield {"mosaic": files.mosaic, "finder": finder, "n_sources": len(flags), "n_flagged": flagged}


def _empty_tiles(files: MosaicFiles) -> Iterable[dict[str, object]]:
    """Yield the tiles without detections and the reasons, from the metadata of the catalogue."""
    for finder, path in files.catalogues.items():
        for tile, reason in read_metadata(path)["empty_tiles"].items():
            yield {"mosaic": files.mosaic, "finder": finder, "tile": tile, "reason": reason}


def _noise_row(files: MosaicFiles) -> dict[str, object]:
    """Return the median noise, area and beam of a mosaic."""
    summary = read_metadata(files.patches)
    valid = pd.read_parquet(files.patches, columns=["n_valid"])["n_valid"].sum()
    beam = files.image.read_header().beam
    return {
        "mosaic": files.mosaic,
        "median_rms": summary["median_rms"],
        "area_deg2": valid * (summary["pixel_arcsec"] / 3600) ** 2,
        "pixel_arcsec": summary["pixel_arcsec"],
        "beam": f'{beam.major_arcsec:.3g}" x {beam.minor_arcsec:.3g}", {beam.position_angle_deg:.0f} deg',
    }


def _covered_rows(files: MosaicFiles) -> pd.DataFrame:
    """Return the places where emission covers boxes of the noise measurement."""
    return pd.DataFrame(read_metadata(files.patches)["covered_places"]).assign(mosaic=files.mosaic)


def _area_rows(files: MosaicFiles) -> pd.DataFrame:
    """Return the area with noise below each of at most a hundred levels."""
    patches = pd.read_parquet(files.patches).sort_values("rms")
    area = patches["n_valid"].cumsum() * (read_metadata(files.patches)["pixel_arcsec"] / 3600) ** 2
    chosen = np.unique(np.linspace(0, max(len(patches) - 1, 0), 100).astype(int))[: len(patches)]
    table = pd.DataFrame({"mosaic": files.mosaic, "rms": patches["rms"], "area_deg2": area})
    return table.iloc[chosen]


def _cut_rows(path: str) -> pd.DataFrame:
    """Return the tuned cuts of one finder."""
    place = Path(path)
    return pd.read_json(place).assign(training_set=place.parent.name, finder=place.stem)


def _training_rows(path: str) -> pd.DataFrame:
    """Return one row per epoch of a network; no rows if it was not trained in epochs."""
    place = Path(path)
    recorded = json.loads(place.read_text())
    columns = ["epoch", "loss", "validation_loss", "validation_f1"]
    epochs = pd.DataFrame(recorded.get("history") or [], columns=columns, dtype=float)
    names = {"training_set": place.parent.name, "finder": place.stem}
    return epochs.assign(**names, recipe=recorded.get("recipe", ""), train_snr=recorded.get("train_snr"))


def _view(files: MosaicFiles, snr_min: float) -> SkyView:
    """Return an image cutout from the middle of the valid patches, with detections and truth above an SNR."""
    header = files.image.read_header()
    rms = read_metadata(files.patches)["median_rms"]
    box = _middle(pd.read_parquet(files.patches, columns=["patch"])["patch"].to_numpy(), header.shape)
    truth = pd.DataFrame({"x": [], "y": [], "class": []})
    if files.truth:
        truth = _inside(files.truth, box, "class", "apparent_total_flux")
        truth = truth[truth["apparent_total_flux"] > snr_min * rms]
    return SkyView(
        mosaic=files.mosaic,
        pixels=read_pixels(header, box),
        box=box,
        rms=rms,
        truth=truth,
        detections={finder: _inside(path, box) for finder, path in files.catalogues.items()},
    )


def _middle(patches: np.ndarray, shape: tuple[int, int]) -> Box:
    """Return a square around the valid patch nearest to the middle of all valid patches."""
    row, column = np.divmod(patches, patches_across(shape))
    nearest = np.argmin((row - row.mean()) ** 2 + (column - column.mean()) ** 2)
    side = VIEW_PATCHES * PATCH_PIXELS
    x0, y0 = (
        int(np.clip((place[nearest] + 0.5) * PATCH_PIXELS - side / 2, 0, max(size - side, 0)))
        for place, size in ((column, shape[1]), (row, shape[0]))
    )
    return Box(x0, min(x0 + side, shape[1]), y0, min(y0 + side, shape[0]))


def _inside(path: str, box: Box, *further: str) -> pd.DataFrame:
    """Return the rows of a table whose positions are in a box."""
    table = pd.read_parquet(path, columns=["x", "y", *further])
    return table[box.holds(table["x"], table["y"])]


def versions_of(mosaics: Sequence[MosaicFiles]) -> dict[str, str]:
    """Return the versions of Python and of the libraries used for the catalogues and the report.

    They are read from the catalogues, because each rule may have run in its own environment.

    Parameters
    ----------
    mosaics
        The readable mosaics.
    """
    found: dict[str, set[str]] = {"python": {platform.python_version()}}
    for name in OF_THE_REPORT:
        found[name] = {importlib.metadata.version(name)}
    for path in (path for files in mosaics for path in files.catalogues.values()):
        for name, version in sorted(read_provenance(path).get("versions", {}).items()):
            several = version[DIFFERENT] if isinstance(version, dict) else [version]
            found.setdefault(name, set()).update(several)
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}
