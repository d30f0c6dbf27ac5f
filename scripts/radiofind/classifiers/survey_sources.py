"""The sources of a finder in a mosaic: the pixels they cover, and which of them are one object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from radiofind.classifiers.masking import footprint_of, heights_of, mask_cutout
from radiofind.mosaics.box import pixel_of
from radiofind.mosaics.cutting import cutouts_in_batches, first_pixels
from radiofind.mosaics.gaussians import covariance_of
from radiofind.mosaics.images import ImageHeader

NO_GAUSSIAN = np.zeros(0, dtype=int)
"""Indices of the Gaussians of a source without any, as none could be fitted."""


@dataclass(frozen=True)
class MosaicSources:
    """A mosaic and the sources of one finder."""

    name: str
    """Name of the mosaic."""
    header: ImageHeader
    """The image."""
    catalogue: pd.DataFrame
    """Its sources, with the columns of docs/catalogues.md."""
    components: pd.DataFrame | None = None
    """The Gaussians of the sources, which define their extent; without them, the source's ellipse is used."""

    @cached_property
    def beam_arcsec(self) -> float:
        """Geometric mean of the axes of the beam (FWHM)."""
        return float(np.sqrt(self.header.beam.major_arcsec * self.header.beam.minor_arcsec))

    @cached_property
    def gaussians(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Centres (n, 2), covariances (n, 2, 2) and peaks (n,) of its Gaussians, in pixels and Jy/beam."""
        table = self._shapes
        to_pixels = np.linalg.inv(
            self.header.coordinates.jacobian(table["x"].to_numpy(), table["y"].to_numpy())
        )
        covariance = covariance_of(*(table[name].to_numpy() for name in ("major", "minor", "position_angle")))
        peak = table["apparent_peak_flux"].to_numpy()
        return table[["x", "y"]].to_numpy(), to_pixels @ covariance @ to_pixels.transpose(0, 2, 1), peak

    @cached_property
    def places(self) -> Mapping[str, np.ndarray]:
        """Indices of the Gaussians of each source, by source_id."""
        return self._shapes.groupby("source_id").indices

    def footprints(
        self, source_id: str, corner: np.ndarray, around: np.ndarray, size_pixels: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the pixels of a cutout that belong to its source, and those of other sources.

        Parameters
        ----------
        source_id
            The source.
        corner
            Mosaic pixel x, y of the first pixel of the cutout.
        around
            Indices of the Gaussians centred in the cutout.
        size_pixels
            Side of the cutout.

        Returns
        -------
        tuple of numpy.ndarray
            Two bool arrays, shape (size_pixels, size_pixels): above half maximum of a Gaussian of the source,
            and where Gaussians of others are higher than its own.
        """
        shape, own = (size_pixels, size_pixels), self.places.get(source_id, NO_GAUSSIAN)
        centres, covariances, peaks = self.gaussians
        heights = [
            heights_of(shape, centres[which] - corner, covariances[which], peaks[which])
            for which in (own, np.setdiff1d(around, own))
        ]
        return footprint_of(shape, centres[own] - corner, covariances[own]), heights[1] > heights[0]

    @property
    def _shapes(self) -> pd.DataFrame:
        """The table with the shapes: Gaussians if available, else sources."""
        return self.catalogue if self.components is None else self.components


@dataclass(frozen=True)
class MaskedBatch:
    """Cutouts of some sources of a table, unmasked and masked."""

    rows: np.ndarray
    """Rows of the sources in the table, int64, shape (n,)."""
    images: np.ndarray
    """Unmasked, float32, shape (n, size, size), Jy/beam."""
    masked: np.ndarray
    """The same cutouts with 0 outside the source."""
    hosts: np.ndarray
    """Positions x, y of the sources in pixels of their cutouts, shape (n, 2)."""
    links: np.ndarray
    """Pairs of rows of the table, shape (m, 2): a source of this batch and another on the same island."""


def masked_batches(
    mosaic: MosaicSources, table: pd.DataFrame, *, size_pixels: int, mask_rms: float
) -> Iterator[MaskedBatch]:
    """Yield the cutouts of sources, unmasked and masked, sorted by image row.

    Parameters
    ----------
    mosaic
        The mosaic. Its Gaussians define the pixels of each source; those of others are masked.
    table
        Rows of its catalogue, with source_id, x, y and rms (Jy/beam, above 0).
    size_pixels
        Side of the cutouts.
    mask_rms
        Threshold of the mask in rms (see `masking.mask_cutout`).
    """
    position, names, rms = (table[name].to_numpy() for name in (["x", "y"], "source_id", "rms"))
    corner = np.column_stack(first_pixels(*position.T, shape=mosaic.header.shape, size_pixels=size_pixels))
    host = position - corner
    for batch in cutouts_in_batches(mosaic.header, *position.T, size_pixels=size_pixels):
        masked, links = np.zeros_like(batch.images), []
        gaussians, sources = (
            _inside(places, corner[batch.rows], size_pixels) for places in (mosaic.gaussians[0], position)
        )
        for number, (row, image) in enumerate(zip(batch.rows, batch.images, strict=True)):
            own, others = mosaic.footprints(names[row], corner[row], gaussians[number], size_pixels)
            given = {"host": host[row], "threshold": mask_rms, "footprint": own}
            masked[number] = mask_cutout(image, rms[row], others=others, **given)
            island = mask_cutout(image, rms[row], **given) > 0
            x, y = (pixel_of(position[sources[number]]) - corner[row]).astype(int).T
            links += [(row, other) for other in sources[number][island[y, x]] if other != row]
        pairs = np.array(links, dtype=int).reshape(-1, 2)
        yield MaskedBatch(batch.rows, batch.images, masked, host[batch.rows], pairs)


def group_on_sky(
    sources: pd.DataFrame, *, radius_arcsec: float, links: np.ndarray | None = None
) -> np.ndarray:
    """Return the object to which each detection belongs.

    Parameters
    ----------
    sources
        Columns source_id, ra and dec (deg), n rows.
    radius_arcsec
        Detections within this distance belong to one object, as do all linked by such steps.
    links
        Further pairs of rows that belong to one object, shape (m, 2).

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        The first source_id of the object in alphabetical order.
    """
    ra, dec = np.deg2rad(sources["ra"].to_numpy()), np.deg2rad(sources["dec"].to_numpy())
    towards = np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    chord = 2 * np.sin(np.deg2rad(radius_arcsec / 3600) / 2)
    n = len(sources)
    pairs = cKDTree(towards).query_pairs(chord, output_type="ndarray") if n else np.zeros((0, 2), dtype=int)
    if links is not None:
        pairs = np.concatenate([pairs, links])
    linked = coo_array((np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    number = connected_components(linked, directed=False)[1] if n else np.zeros(0, dtype=int)
    return sources["source_id"].groupby(number).transform("min").to_numpy(dtype=str)


def _inside(places: np.ndarray, corner: np.ndarray, size_pixels: int) -> list[np.ndarray]:
    """Return the indices of the places inside each cutout, ascending."""
    if not len(places):
        return [NO_GAUSSIAN] * len(corner)
    # One more pixel on each side, as a place is in the cutout if its pixel is.
    middle = corner + (size_pixels - 1) / 2
    found = cKDTree(places).query_ball_point(middle, size_pixels / 2 + 1, p=np.inf)
    near = [np.sort(np.array(numbers, dtype=int)) for numbers in found]
    first = [pixel_of(places[numbers]) - at for numbers, at in zip(near, corner, strict=True)]
    return [
        numbers[((at >= 0) & (at < size_pixels)).all(axis=1)] for numbers, at in zip(near, first, strict=True)
    ]
