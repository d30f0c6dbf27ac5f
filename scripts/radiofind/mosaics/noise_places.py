"""Where emission covers the boxes in which the noise is measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from radiofind.mosaics.box import Box
from radiofind.mosaics.coordinates import Coordinates


def nodes_in(box: Box, nodes: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    """Return the nodes (x, y in mosaic pixels) that lie in a box."""
    return [(x, y) for x, y in nodes if box.x0 <= x < box.x1 and box.y0 <= y < box.y1]


def covered_places(
    nodes: Sequence[Sequence[int]], coordinates: Coordinates, *, box_pixels: int
) -> list[dict[str, float]]:
    """Return the places that covered nodes form, the largest first.

    Parameters
    ----------
    nodes
        x and y (mosaic pixels) of the covered nodes.
    coordinates
        Coordinates of the mosaic.
    box_pixels
        Side of the boxes; nodes closer than this belong to the same place.

    Returns
    -------
    list of dict
        ``ra`` and ``dec`` (deg) of the mean position, and ``n_nodes``.
    """
    if not nodes:
        return []
    positions = np.array(sorted(nodes), dtype=float)
    pairs = cKDTree(positions).query_pairs(box_pixels, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(positions),) * 2)
    _count, place = connected_components(links, directed=False)
    n_nodes = np.bincount(place)
    x, y = (np.bincount(place, weights=axis) / n_nodes for axis in positions.T)
    ra, dec = coordinates.to_sky(x, y)
    order = np.argsort(-n_nodes, kind="stable")
    return [{"ra": float(ra[i]), "dec": float(dec[i]), "n_nodes": int(n_nodes[i])} for i in order]
