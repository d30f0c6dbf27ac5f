"""The tiles of a block are searched one after the other, and later only those that have changed."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from radiofind.catalogues.block_tables import files_by_tile, read_notes, read_tile_table
from radiofind.catalogues.columns import DETECTION, conform
from radiofind.catalogues.detections import DEFAULTS, Found
from radiofind.files import read_metadata
from radiofind.finders import kept_tiles
from radiofind.finders.tile_search import search_tiles
from radiofind.jobs.provenance import provenance_of
from radiofind.jobs.retries import MOST
from radiofind.mosaics.tile_images import METADATA_CARD

pytestmark = pytest.mark.slow

TILES = ["y000x000", "y000x001", "y001x000"]
BLOCK = "results/m/detections/peaks/y000x000-2x2.parquet"
GAUSSIANS = "results/m/detections/peaks/y000x000-2x2.components.parquet"


class Finder:
    """Finds as many sources in a tile as the last digit of its pixels, and records its searches."""

    def __init__(self, broken=()):
        self.searched, self.broken = [], dict.fromkeys(broken, ValueError("too bright"))

    def __call__(self, files):
        tile = json.loads(Path(files["tile"]).read_text())
        assert Path(files["noise"]).stem == tile["tile"]
        self.searched.append(tile["tile"])
        if tile["tile"] in self.broken:
            raise self.broken[tile["tile"]]
        n = int(tile["pixels"][-1])
        warnings = (f"{n} sources are odd", "so is their flux") if n > 1 else ()
        tables = [table_of(n, tile["tile"])] * 2
        return Found(*tables, reason="" if n else "no source found", warnings=warnings)


def table_of(n, tile):
    names = {"source_id": [f"{tile} {number}" for number in range(n)], "x": np.arange(n), "tile": tile}
    texts = dict.fromkeys(("mosaic", "finder"), "")
    return conform(pd.DataFrame({**DEFAULTS, **texts, **names}, index=range(n)), DETECTION)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number, tile in enumerate(TILES):
        write_tile(tile, f"p{number}")
        write_noise(tile)
    return tmp_path


def write_tile(tile, pixels):
    sizes = {"core_pixels": 50, "halo_pixels": 13, "reach_pixels": 20}
    for place in ("tiles", "noise"):
        Path(f"results/m/{place}").mkdir(parents=True, exist_ok=True)
    content = {"tile": tile, "pixels": pixels, "header": "h", **sizes}
    Path(f"results/m/tiles/{tile}.json").write_text(json.dumps(content))


def write_noise(tile, *, failed="", code="n"):
    """Write a noise map with its metadata, either measured or given up."""
    told = json.dumps({"failed": failed, "provenance": {"code": {"measure_noise": code}}})
    header = fits.Header({METADATA_CARD: told})
    fits.PrimaryHDU(header=header).writeto(f"results/m/noise/{tile}.fits", overwrite=True)


def search(finder, tiles=TILES, *, block=BLOCK, code="c", **options):
    """Search as a job does, after Snakemake has removed its outputs."""
    inputs = {
        "tiles": [f"results/m/tiles/{tile}.json" for tile in tiles],
        "noise": [f"results/m/noise/{tile}.fits" for tile in tiles],
    }
    outputs = {"detections": block, "components": block.replace(".parquet", ".components.parquet")}
    for path in outputs.values():
        Path(path).unlink(missing_ok=True)
    tell = partial(provenance_of, "find_peaks peaks", params={"code": code, "threshold": 5.0})
    search_tiles(finder, inputs, outputs=outputs, tell=tell, limit_min=10, **options)
    return finder.searched


def contents():
    """The bytes of all files that are not inputs."""
    return {str(path): path.read_bytes() for path in Path("results/m/detections").rglob("*.*")}


def test_block_holds_the_detections_of_each_tile_or_a_reason():
    search(Finder())
    assert [len(read_tile_table(BLOCK, tile)) for tile in TILES] == [0, 1, 2]
    assert read_tile_table(GAUSSIANS, TILES[2])["source_id"].tolist() == ["y001x000 0", "y001x000 1"]
    pd.testing.assert_frame_equal(read_tile_table(BLOCK, TILES[0]), table_of(0, TILES[0]))
    pd.testing.assert_frame_equal(read_tile_table(BLOCK, TILES[2]), table_of(2, TILES[2]))
    assert [note.reason for note in read_notes(BLOCK)] == ["no source found", "", ""]
    told = read_metadata(BLOCK)["provenance"]
    assert sorted(told["inputs"]["tiles"]) == [f"m/{tile}" for tile in TILES]
    assert len(pd.read_parquet(BLOCK)) == 3


def test_warnings_stay_with_their_tile_also_when_it_is_kept():
    search(Finder())
    for path in (BLOCK, GAUSSIANS):
        assert [note.warnings for note in read_notes(path)] == [
            (),
            (),
            ("2 sources are odd", "so is their flux"),
        ]
    keys = {note.tile: note.key for note in read_notes(BLOCK)}
    recalled = kept_tiles.Keeper({"detections": BLOCK, "components": GAUSSIANS}).recall(keys)
    assert [result.note for result in recalled.values()] == read_notes(BLOCK)
    assert [result.found.warnings for result in recalled.values()] == [
        note.warnings for note in read_notes(BLOCK)
    ]
    before = contents()
    write_tile(TILES[0], "other pixels 0")
    assert search(Finder()) == TILES[:1]
    write_tile(TILES[0], "p0")
    assert search(Finder()) == TILES[:1]
    assert contents() == before


def test_tile_that_is_not_in_a_block_is_an_error():
    search(Finder())
    with pytest.raises(ValueError, match=r"y000x000-2x2\.parquet.*y009x009"):
        read_tile_table(BLOCK, "y009x009")


def test_only_the_tile_that_has_changed_is_searched_again():
    search(Finder())
    write_tile(TILES[1], "other pixels 5")
    assert search(Finder()) == [TILES[1]]
    assert [len(read_tile_table(BLOCK, tile)) for tile in TILES] == [0, 5, 2]
    kept = contents()
    for path in kept:
        Path(path).unlink()
    assert search(Finder()) == TILES
    assert contents() == kept


def test_noise_that_has_changed_counts_too():
    search(Finder())
    write_noise(TILES[2], code="other")
    assert search(Finder()) == TILES[2:]


def test_tile_whose_noise_was_given_up_is_searched_when_it_has_been_measured():
    write_noise(TILES[2], failed="given up after 3 attempts")
    search(Finder())
    write_noise(TILES[2])
    assert search(Finder()) == TILES[2:]


def test_other_code_or_settings_search_all_tiles_again():
    search(Finder())
    assert search(Finder()) == []
    assert search(Finder(), code="other") == TILES


def test_tile_without_valid_pixels_is_left_out_and_one_that_gets_some_comes_in():
    search(Finder())
    assert search(Finder(), TILES[1:]) == []
    assert [note.tile for note in read_notes(BLOCK)] == TILES[1:]
    assert search(Finder()) == TILES[:1]
    assert [note.tile for note in read_notes(BLOCK)] == TILES


def test_tile_that_fails_keeps_no_other_from_being_searched_and_is_given_up_alone():
    for _ in range(MOST):
        with pytest.raises(ValueError, match="too bright"):
            search(Finder(broken=TILES[:1]))
        assert not Path(BLOCK).exists()
    last = Finder(broken=TILES[:1])
    assert search(last) == []  # given up without another try; the others are kept
    assert [note.failed for note in read_notes(BLOCK)] == [True, False, False]
    assert "too bright" in read_notes(BLOCK)[0].reason
    assert not list(Path("results").rglob("*.attempts"))
    (note,) = Path("results").rglob("*.quarantined")
    assert note.name == f"{TILES[0]}.parquet.quarantined" and "too bright" in note.read_text()
    # When the file is removed, as the report advises, only this tile is searched again.
    assert search(Finder()) == TILES[:1]
    assert not any(note.failed for note in read_notes(BLOCK))
    assert not note.exists()


def test_surroundings_end_the_job_at_once_and_blame_no_tile():
    finder = Finder(broken=TILES[:1])
    finder.broken[TILES[0]] = OSError("no space left on device")
    with pytest.raises(OSError, match="no space"):
        search(finder)
    assert finder.searched == TILES[:1]
    finder.broken[TILES[0]] = LookupError("wrong network")
    with pytest.raises(LookupError):
        search(finder, never_blame=(LookupError,))
    assert not list(Path("results").rglob("*.attempts"))


def test_killed_job_has_kept_its_results(monkeypatch):
    monkeypatch.setattr(kept_tiles, "KEEP_AFTER_S", -1.0)
    finder = Finder(broken=TILES[2:])
    finder.broken[TILES[2]] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        search(finder)
    assert search(Finder()) == TILES[2:]
    interrupted = contents()
    for path in interrupted:
        Path(path).unlink()
    search(Finder())
    assert contents() == interrupted


def test_kept_results_are_not_written_after_every_tile(monkeypatch):
    written = []
    monkeypatch.setattr(kept_tiles, "write_results", lambda results, places, **_: written.append(places))
    keeper = kept_tiles.Keeper({"detections": BLOCK})
    keeper.keep({})
    assert written == []
    keeper.keep({}, at_once=True)
    assert written == [{"detections": f"{BLOCK}.kept"}]


@pytest.mark.parametrize("damage", [b"", b"PAR1 cut short", None])
def test_tiles_are_searched_again_if_kept_files_cannot_be_read(damage):
    search(Finder())
    kept = Path(f"{GAUSSIANS}.kept")
    kept.unlink()
    if damage is not None:
        kept.write_bytes(damage)
    assert search(Finder()) == TILES


def test_two_files_that_do_not_belong_together_are_not_mixed():
    search(Finder())
    old = Path(f"{GAUSSIANS}.kept").read_bytes()
    write_tile(TILES[1], "other pixels 5")
    search(Finder())
    Path(f"{GAUSSIANS}.kept").unlink()
    Path(f"{GAUSSIANS}.kept").write_bytes(old)
    assert search(Finder()) == [TILES[1]]


def test_block_of_one_tile_keeps_no_further_files():
    block = f"results/m/detections/peaks/{TILES[1]}.parquet"
    search(Finder(), TILES[1:2], block=block)
    assert search(Finder(), TILES[1:2], block=block) == TILES[1:2]
    assert sorted(path.name for path in Path(block).parent.iterdir()) == [
        "y000x001.components.parquet",
        "y000x001.parquet",
    ]


def test_files_of_tiles_are_found_by_the_notes_in_them(fields_of):
    search(Finder())
    (tile,) = [field.tile for field in fields_of(np.zeros((60, 60)))]
    assert files_by_tile([tile], [BLOCK]) == {"y000x000": BLOCK}


def test_disk_without_second_names_gets_copies(monkeypatch):
    def refuse(*_):
        raise OSError("not supported")

    monkeypatch.setattr("os.link", refuse)
    search(Finder())
    assert Path(f"{BLOCK}.kept").read_bytes() == Path(BLOCK).read_bytes()
    assert search(Finder()) == []
