"""The tile table is read once, and checked."""

import os

import pandas as pd
import pytest

from radiofind.workflow.plan.tile_table import live_tiles, read_tiles

MOSAICS = ("b", "a", "bare", "bad")


@pytest.fixture
def tiles():
    rows = [
        ("b", "y000x000", "live"),
        ("b", "y000x001", "blank"),
        ("b", "y001x000", "live"),
        ("a", "y000x000", "live"),
        ("bare", "y000x000", "blank"),
        ("bad", "", "unreadable"),
    ]
    return pd.DataFrame(rows, columns=["mosaic", "tile", "state"])


def test_the_tile_table_is_read_again_when_it_changes(tiles, tmp_path):
    path = tmp_path / "tiles.parquet"
    tiles.to_parquet(path)
    first = read_tiles(str(path), mosaics=MOSAICS)
    assert len(first) == 6
    assert read_tiles(str(path), mosaics=MOSAICS) is first
    tiles[1:].to_parquet(path)
    os.utime(path, ns=(1, 1))
    assert len(read_tiles(str(path), mosaics=MOSAICS)) == 5


def test_a_tile_table_without_a_mosaic_of_the_sheet_is_an_error(tiles, tmp_path):
    tiles[:3].to_parquet(tmp_path / "tiles.parquet")
    with pytest.raises(ValueError, match="tiles.parquet: .*a, bad, bare"):
        read_tiles(str(tmp_path / "tiles.parquet"), mosaics=MOSAICS)


def test_a_tile_file_that_is_lost_is_told_with_the_remedy(tiles, tmp_path):
    path = tmp_path / "tiles.parquet"
    tiles.to_parquet(path)
    with pytest.raises(ValueError, match=r"/a/tiles: .*1 of 1 tiles.* --forcerun index_tiles"):
        read_tiles(str(path), mosaics=MOSAICS, with_files=True)
    for mosaic, tile in [("a", "y000x000"), ("b", "y000x000"), ("b", "y001x000")]:
        (tmp_path / mosaic / "tiles").mkdir(parents=True, exist_ok=True)
        (tmp_path / mosaic / "tiles" / f"{tile}.json").touch()
    removed = pd.DataFrame({"mosaic": ["removed"], "tile": ["y000x000"], "state": ["live"]})
    pd.concat([tiles, removed]).to_parquet(path)
    assert len(read_tiles(str(path), mosaics=MOSAICS, with_files=True)) == 7
    (tmp_path / "b/tiles/y001x000.json").unlink()
    os.utime(path, ns=(1, 1))
    with pytest.raises(ValueError, match="/b/tiles: .*1 of 2 tiles.*y001x000.json"):
        read_tiles(str(path), mosaics=MOSAICS, with_files=True)
    assert len(read_tiles(str(path), mosaics=MOSAICS)) == 7


def test_damaged_table_of_tiles_is_told_with_the_remedy(tmp_path):
    (tmp_path / "tiles.parquet").write_bytes(b"PAR1 cut short")
    with pytest.raises(ValueError, match="tiles.parquet: .*damaged.*--forcerun index_tiles"):
        read_tiles(str(tmp_path / "tiles.parquet"), mosaics=MOSAICS)


def test_only_live_tiles_get_jobs(tiles):
    assert live_tiles(tiles, "b") == ["y000x000", "y001x000"]
    assert [live_tiles(tiles, mosaic) for mosaic in ("bare", "bad")] == [[], []]
