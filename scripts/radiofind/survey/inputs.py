"""Read what a survey is made of: the catalogues of its mosaics, and where each was searched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from radiofind.catalogues.class_columns import classes_of
from radiofind.files import read_metadata
from radiofind.mosaics.box import Box
from radiofind.survey.directions import angle_of, chords, positions_of, unit_vectors
from radiofind.survey.footprints import Footprint, read_footprint
from radiofind.survey.zones import QUARTER, TURN, Zone

CORE = ["core_x0", "core_x1", "core_y0", "core_y1"]
"""Columns of the tile table with the core of a tile."""
_footprint = cache(read_footprint)
"""Reads a footprint once in each process: zones share it, and to send it to workers would take as long."""
NOTHING = np.nan
"""Radius of a circle without a point."""
ROUNDING_ARCSEC = 0.01
"""What is added to the radius of circles: angles near 180 degrees are wrong by that much."""


@dataclass(frozen=True)
class Circles:
    """Circles on the sky, arrays of shape (n,)."""

    ra: np.ndarray
    """Right ascension of the centres, deg."""
    dec: np.ndarray
    """Declination of the centres, deg."""
    radius_arcsec: np.ndarray
    """Their radii."""

    def are_near(self, zone: Zone, margin_arcsec: float) -> np.ndarray:
        """Return whether any point of each circle may be within a margin of a zone."""
        return zone.beyond(self.ra, self.dec) <= self.radius_arcsec + margin_arcsec


@dataclass(frozen=True)
class Member:
    """A mosaic of a survey: its files, and what must be known of them to choose the files of a zone."""

    mosaic: str
    """Name."""
    catalogue: Path
    """Its catalogue."""
    rms: Path
    """The image of its rms."""
    sheet: Mapping[str, object]
    """What the sheet says of it: `centre`, `region` and `weight`, as for `footprints.read_footprint`."""
    failed: tuple[Box, ...]
    """Cores of tiles whose search failed."""
    beam_arcsec: float
    """Width of the beam (FWHM)."""
    classes: tuple[str, ...]
    """Classes of its sources."""
    largest_arcsec: float
    """Largest major axis of its sources."""
    image: Circles
    """A circle around its image."""
    groups: Circles
    """A circle around the sources of each row group of its catalogue."""

    def read_footprint(self) -> Footprint:
        """Return where the mosaic was searched."""
        return _footprint(self.mosaic, self.rms, failed=self.failed, **self.sheet)

    def is_near(self, zone: Zone, margin_arcsec: float) -> bool:
        """Return whether a source or a pixel may be within a margin of a zone."""
        return any(circles.are_near(zone, margin_arcsec).any() for circles in (self.image, self.groups))

    def read_rows(self, zone: Zone, margin_arcsec: float) -> pd.DataFrame:
        """Return the rows of the catalogue within a margin of a zone, in the order of the file."""
        groups = np.flatnonzero(self.groups.are_near(zone, margin_arcsec)).tolist()
        with pq.ParquetFile(self.catalogue) as file:
            table = file.read_row_groups(groups, use_threads=False).to_pandas()
        beyond = zone.beyond(table["ra"].to_numpy(), table["dec"].to_numpy())
        return table[beyond <= margin_arcsec]


@dataclass(frozen=True)
class SurveyInput:
    """The mosaics of a survey, sorted by name, and the positions of their sources."""

    members: tuple[Member, ...]
    """The mosaics."""
    ra: np.ndarray
    """Right ascension of all rows, deg, float32 and in any order; used only to divide the sky into zones."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the sources of any mosaic."""
        return tuple(dict.fromkeys(name for member in self.members for name in member.classes))


def read_survey(
    rows: Mapping[str, Mapping[str, object]],
    catalogues: Sequence[str | Path],
    rms: Sequence[str | Path],
    *,
    tiles: str | Path,
    apply: Callable[..., Iterator] = map,
) -> SurveyInput:
    """Return the mosaics of a survey, having read the positions and sizes of their sources.

    Parameters
    ----------
    rows
        What the sheet says of each mosaic: the arguments `centre`, `region` and `weight` of
        `footprints.read_footprint`.
    catalogues, rms
        Catalogue and image of the rms of each mosaic, in the same order.
    tiles
        The tile table.
    apply
        Applies a function to items and yields the results in their order, as `map` does.

    Raises
    ------
    ValueError
        If a catalogue has a row that is not on the sky.
    """
    table = pd.read_parquet(tiles, columns=["mosaic", "tile", *CORE])
    by_mosaic = dict(iter(table.groupby("mosaic")))
    given = [
        (mosaic, row, Path(path), Path(image), by_mosaic.get(mosaic, table[:0]))
        for (mosaic, row), path, image in zip(rows.items(), catalogues, rms, strict=True)
    ]
    found = list(apply(_read_member, sorted(given, key=itemgetter(0))))
    return SurveyInput(
        tuple(member for member, _ in found),
        np.concatenate([np.empty(0, dtype=np.float32), *(ra for _, ra in found)]),
    )


def _read_member(
    given: tuple[str, Mapping[str, object], Path, Path, pd.DataFrame],
) -> tuple[Member, np.ndarray]:
    """Return a mosaic of the survey and the right ascension of its sources."""
    mosaic, row, path, image, tiles = given
    with pq.ParquetFile(path) as file:
        table = file.read(columns=["ra", "dec", "major"], use_threads=False).to_pandas()
        classes = classes_of(file.schema_arrow.empty_table().to_pandas())
        ends = np.cumsum([file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)])
    ra, dec = table["ra"].to_numpy(), table["dec"].to_numpy()
    if not ((ra >= 0) & (ra <= TURN) & (np.abs(dec) <= QUARTER)).all():
        raise ValueError(
            f"{path}: expected ra from 0 to 360 and dec from -90 to 90 deg in all rows; "
            "delete the file and run again"
        )
    failed = read_metadata(path).get("failed_tiles", {})
    cores = tuple(_cores(tiles[tiles["tile"].isin(failed)]))
    footprint = _footprint(mosaic, image, failed=cores, **row)
    directions = unit_vectors(ra, dec)
    member = Member(
        mosaic=mosaic,
        catalogue=path,
        rms=image,
        sheet=row,
        failed=cores,
        beam_arcsec=footprint.beam_arcsec,
        classes=classes,
        largest_arcsec=float(np.fmax.reduce(table["major"].to_numpy(), initial=0)),
        image=_circles(footprint.middle[np.newaxis], [footprint.reach]),
        groups=_circles_around(np.split(directions, ends[:-1]) if len(ends) else []),
    )
    return member, ra.astype(np.float32)


def _circles_around(groups: Sequence[np.ndarray]) -> Circles:
    """Return a circle around each group of unit vectors; of an empty one it is too small for any point."""
    middles, reaches = np.zeros((len(groups), 3)), np.full(len(groups), NOTHING)
    for place, directions in enumerate(groups):
        if len(directions):
            # To angles and back first: the radius is measured from the rounded centre that the circle has.
            sky = positions_of(directions.mean(axis=0, keepdims=True))
            middles[place] = unit_vectors(*sky)[0]
            reaches[place] = chords(directions, middles[place]).max()
    return _circles(middles, reaches)


def _circles(middles: np.ndarray, reaches: Sequence[float]) -> Circles:
    """Return circles with these centres, unit vectors, and radii between unit vectors."""
    return Circles(*positions_of(middles), angle_of(np.asarray(reaches)) + ROUNDING_ARCSEC)


def _cores(tiles: pd.DataFrame) -> Iterator[Box]:
    """Yield the cores of tiles."""
    for core in tiles[CORE].itertuples(index=False):
        yield Box(*map(int, core))
