"""A survey is read of its files."""

import numpy as np
import pandas as pd

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.mosaics.box import Box
from radiofind.survey.inputs import CORE, read_survey
from radiofind.survey.merging import write_survey
from unit.survey.mosaics import SIDE, catalogue, make_mosaic


def test_a_tile_whose_search_failed_gives_its_sources_to_another_mosaic(tmp_path):
    """Its noise is known, but nothing could be found there."""
    cores = {"y000x000": Box(0, 60, 0, SIDE), "y000x001": Box(60, SIDE, 0, SIDE)}
    rows = [
        {"mosaic": mosaic, "tile": tile, **dict(zip(CORE, (core.x0, core.x1, core.y0, core.y1), strict=True))}
        for mosaic in "ab"
        for tile, core in cores.items()
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "tiles.parquet")
    for mosaic, ra, found in (("a", 10, []), ("b", 9.4, [9.75])):
        make_mosaic(tmp_path, mosaic, ra, 0)
        write_catalogue(
            [catalogue(mosaic, np.array(found), 0)],
            tmp_path / f"{mosaic}.parquet",
            metadata={"failed_tiles": {"y000x001": "killed"}} if mosaic == "a" else {},
        )
    files = [[tmp_path / f"{mosaic}.{kind}" for mosaic in "ab"] for kind in ("parquet", "fits")]
    # To the west of a, which is nearer to it than b.
    given = read_survey({"a": {}, "b": {}}, *files, tiles=tmp_path / "tiles.parquet")
    assert [member.failed for member in given.members] == [(cores["y000x001"],), ()]
    write_survey(given, tmp_path / "survey.parquet", prefix="ABC", frequency_hz=1.4e9)
    assert pd.read_parquet(tmp_path / "survey.parquet")["is_primary"].tolist() == [True]
    sheet = {"a": {"centre": (10.0, 5.0), "region": "healpix:1:4", "weight": "w.fits"}, "b": {"region": None}}
    given = read_survey(sheet, *files, tiles=tmp_path / "tiles.parquet")
    first, second = (member.read_footprint() for member in given.members)
    assert (first.centre, first.moc.sky_fraction, first.weight) == ((10.0, 5.0), 1 / 12, "w.fits")
    assert second.moc is second.weight is None
