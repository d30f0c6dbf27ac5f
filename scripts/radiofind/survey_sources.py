"""A mosaic with the sources that a finder found in it: which pixels are theirs, and which are one object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from radiofind.cutting import cutouts_in_batches, first_pixels
from radiofind.images import ImageHeader
from radiofind.masking import footprint_of, mask_cutout
from radiofind.shapes import covariance_of, sky_matrix

NO_ELLIPSE = np.zeros(0, dtype=int)
"""Numbers of the ellipses of a source that has none: a component could not be fitted."""


@dataclass(frozen=True)
class MosaicSources:
    """A mosaic and what one finder found in it."""

    name: str
    """Name of the mosaic."""
    header: ImageHeader
    """The image."""
    catalogue: pd.DataFrame
    """Its sources, with the columns of docs/catalogues.md."""
    components: pd.DataFrame | None = None
    """The Gaussians of the sources, which say where a source is; without them its own ellipse does."""

    @cached_property
    def beam_arcsec(self) -> float:
        """Root of the product of the axes of the beam (FWHM)."""
        return float(np.sqrt(self.header.beam.major_arcsec * self.header.beam.minor_arcsec))

    @cached_property
    def ellipses(self) -> tuple[np.ndarray, np.ndarray]:
        """Centres (x, y) of its Gaussians, shape (n, 2), and their covariances in pixels^2 (n, 2, 2)."""
        table = self._shapes
        to_pixels = np.linalg.inv(sky_matrix(self.header))
        covariance = covariance_of(*(table[name].to_numpy() for name in ("major", "minor", "position_angle")))
        return table[["x", "y"]].to_numpy(), to_pixels @ covariance @ to_pixels.T

    @cached_property
    def places(self) -> Mapping[str, np.ndarray]:
        """Numbers of the ellipses of each source, by its source_id."""
        return self._shapes.groupby("source_id").indices

    @property
    def _shapes(self) -> pd.DataFrame:
        """The table that has the shapes."""
        return self.catalogue if self.components is None else self.components


@dataclass(frozen=True)
class MaskedBatch:
    """Masked cutouts of some sources of a table."""

    rows: np.ndarray
    """Rows of the sources in the table, int64 of shape (n,)."""
    images: np.ndarray
    """Float32 of shape (n, size, size), Jy/beam; 0 outside the source."""
    hosts: np.ndarray
    """Positions x, y of the sources in pixels of their cutouts, shape (n, 2)."""


def masked_batches(
    mosaic: MosaicSources, table: pd.DataFrame, *, size_pixels: int, mask_rms: float
) -> Iterator[MaskedBatch]:
    """Yield the cutouts of sources, masked down to these, in the order of the rows of the mosaic.

    Parameters
    ----------
    mosaic
        The mosaic. The pixels of a source are those of its ellipses in `mosaic`.
    table
        Rows of its catalogue, with source_id, x, y and rms (Jy/beam, above 0).
    size_pixels
        Side of the cutouts.
    mask_rms
        Pixels below so many rms are 0, and so are islands that do not touch the source (see
        `masking.mask_cutout`).
    """
    x, y = table["x"].to_numpy(), table["y"].to_numpy()
    corner = np.column_stack(first_pixels(x, y, shape=mosaic.header.shape, size_pixels=size_pixels))
    host = np.column_stack([x, y]) - corner
    names, rms = table["source_id"].to_numpy(), table["rms"].to_numpy()
    centres, covariances = mosaic.ellipses
    for batch in cutouts_in_batches(mosaic.header, x, y, size_pixels=size_pixels):
        for image, row in zip(batch.images, batch.rows, strict=True):
            own = mosaic.places.get(names[row], NO_ELLIPSE)
            footprint = footprint_of(image.shape, centres[own] - corner[row], covariances[own])
            image[:] = mask_cutout(image, rms[row], host=host[row], threshold=mask_rms, footprint=footprint)
        yield MaskedBatch(batch.rows, batch.images, host[batch.rows])


def group_on_sky(sources: pd.DataFrame, *, radius_arcsec: float) -> np.ndarray:
    """Return which object each detection is of.

    Parameters
    ----------
    sources
        Columns source_id, ra and dec (deg), n rows.
    radius_arcsec
        Detections that are not farther apart are of one object, and so are all that such steps link.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        The first source_id of the object, in the order of the alphabet.
    """
    ra, dec = np.deg2rad(sources["ra"].to_numpy()), np.deg2rad(sources["dec"].to_numpy())
    towards = np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    chord = 2 * np.sin(np.deg2rad(radius_arcsec / 3600) / 2)
    n = len(sources)
    pairs = cKDTree(towards).query_pairs(chord, output_type="ndarray") if n else np.zeros((0, 2), dtype=int)
    linked = coo_array((np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    number = connected_components(linked, directed=False)[1] if n else np.zeros(0, dtype=int)
    return sources["source_id"].groupby(number).transform("min").to_numpy(dtype=str)
