"""Give bytes to each parser of what users bring, and see that it reads them or tells what is wrong with them.

Each function returns what was told.

Hypothesis calls these functions in `tests/untrusted`. To look for more with a fuzzer, install atheris, which
is not in requirements.lock (``pip install atheris`` into a copy of the environment; Linux and macOS), and run
for example ``python tests/fuzz/fuzz_parsers.py header -max_total_time=300``: options are those of libFuzzer.
"""

from __future__ import annotations

import gc
import inspect
import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2] / "scripts"), str(Path(__file__).parents[1])]

import numpy as np
import yaml
from astropy.io import fits

from fuzz import seeds
from fuzz.watching import watched
from radiofind.classifiers.splits import SPLITS
from radiofind.classifiers.user_cutouts import CutoutError, read_checked
from radiofind.evaluation.placed_truth import CLASSES
from radiofind.evaluation.truth import COLUMNS, TruthError, read_truth
from radiofind.mosaics.box import Box, parse_box
from radiofind.mosaics.coordinates import coordinates_of
from radiofind.mosaics.images import ImageError, read_header, read_pixels
from radiofind.mosaics.primary_beams import sample_image
from radiofind.mosaics.regions import inner_box
from radiofind.mosaics.tile_images import write_image
from radiofind.workflow.config.boxes import check_boxes
from radiofind.workflow.config.configuration import ELSEWHERE, ConfigurationError, check_config
from radiofind.workflow.config.sheet import SheetError, read_sheet

CONFIG = Path(__file__).parents[2] / "config"
DEFAULT = (CONFIG / "config.yaml").read_text()
INSTRUMENTED = ("radiofind", "yaml", "astropy.io", "astropy.wcs", "astropy.table")
"""Modules in which the fuzzer sees the way that an input takes."""
LONGEST_MESSAGE = 8000
"""Twenty mistakes of 400 characters: a longer message is the file itself."""


def header(content: bytes, folder: Path) -> list[str]:
    """Read an image: its header, a rectangle of its pixels, a position; and make a tile of it."""
    path = _written(folder / "image.fits", content)
    with _told(path.name, ImageError, folder=folder) as told:
        image = read_header(path)
        assert min(image.shape) > 0 and image.cards.isascii()
        numbers = [image.pixel_arcsec, image.beam.minor_arcsec, image.frequency_hz]
        assert np.isfinite([*numbers, image.beam.position_angle_deg]).all() and min(numbers) > 0
        positions = image.coordinates.to_sky([0, 1], [0, 1])
        assert np.shape(sample_image(path, *positions)) == (2,)
        box = Box(0, 3, 0, 3).grown(0, image.shape)
        pixels = read_pixels(image, box)
        assert pixels.shape == box.shape and pixels.dtype == np.float32
        write_image({"only": pixels}, folder / "tile.fits", header=image, box=box)
        pixels, cards = fits.getdata(folder / "tile.fits", header=True)
        assert pixels.shape == box.shape and coordinates_of(cards, path.name).axes == (1, 2)
    return told


def sheet(content: bytes, folder: Path) -> list[str]:
    """Read a mosaic sheet, and name files after what it names."""
    path = _written(folder / "sheet.tsv", content)
    with _told(path.name, SheetError, folder=folder) as told:
        for mosaic in read_sheet(path.name, simulations=["demo"], base=folder):
            for name in filter(None, (mosaic.mosaic, mosaic.training_set, mosaic.field)):
                assert shlex.quote(name) == name
                assert Path(f"results/{name}/x").parts == ("results", name, "x") and name != ".."
                (folder / f"{name}.parquet").touch()
                (folder / f"{name}.parquet").unlink()
            for cell in filter(None, (mosaic.train_box, mosaic.validation_box)):
                box(cell.encode(), folder)
    return told


def configuration(content: bytes, folder: Path) -> list[str]:
    """Check a configuration that is laid over the default, and once more what comes out."""
    path = _written(folder / "mine.yaml", content)
    options = {"schemas": CONFIG / "schemas", "sources": [path], "base": folder}
    with _told(path.name, ConfigurationError, folder=folder, elsewhere=ELSEWHERE) as told:
        config = check_config(_laid_over_default(content), **options)
        assert all(shlex.quote(name) == name for name in (*config["finders"], *config["simulations"]))
        assert check_config(config, **options) == config
    return told


def truth(content: bytes, folder: Path) -> list[str]:
    """Read a truth catalogue; the first line of the content says which format and suffix it has."""
    kind, _, content = content.partition(b"\n")
    truth_format, suffix = seeds.TRUTH_KINDS[sum(kind) % len(seeds.TRUTH_KINDS)]
    path = _written(folder / f"truth{suffix}", content)
    with _told(path.name, TruthError, folder=folder) as told:
        table = read_truth(path, truth_format=truth_format)
        assert list(table) == list(COLUMNS)
        assert table["ra"].between(0, 360, inclusive="left").all() and table["dec"].between(-90, 90).all()
        assert np.isfinite(table["total_flux"]).all() and table["truth_id"].is_unique
        assert set(table["class"]) <= {*CLASSES, ""}
    return told


def box(content: bytes, folder: Path) -> list[str]:
    """Read the box of a mosaic of 90 by 120 pixels, by itself and in a sheet."""
    text, shape = content.decode(errors="replace"), (90, 120)
    try:
        found = parse_box(text, shape)
        assert found is None or (0 <= found.x0 < found.x1 <= 120 and 0 <= found.y0 < found.y1 <= 90)
        inner = found and inner_box(found, shape)
        assert inner is None or (inner.x0 < inner.x1 and inner.y0 < inner.y1)
    except ValueError as error:
        assert re.search("Expected .*, received", str(error)) and len(str(error)) < 400
    (folder / "sky.fits").write_bytes(seeds.IMAGE)
    path = _written(folder / "boxes.tsv", f"mosaic\timage\ttrain_box\nm\tsky.fits\t{text}\n".encode())
    with _told(f"{path.name}, line ", SheetError, folder=folder) as told:
        mosaics = read_sheet(path.name, base=folder)
        image = mosaics[0].__class__(**{**vars(mosaics[0]), "image": str(folder / "sky.fits")})
        check_boxes([image], simulations={}, sheet=path.name)
    return told


def cutouts(content: bytes, folder: Path) -> list[str]:
    """Read labelled cutouts."""
    path = _written(folder / "cutouts.h5", content)
    with _told(path.name, CutoutError, folder=folder) as told:
        found = read_checked(path)
        rows = (len(found.image),)
        assert found.image.dtype == np.float32 and found.image.size > 0 and np.isfinite(found.image).all()
        assert found.label.shape == rows and found.label.max() < len(found.classes)
        assert found.split is None or set(found.split) <= set(SPLITS)
        texts = [text for text in (found.split, found.name, found.group) if text is not None]
        assert all(text.shape == rows and all(map(str.isprintable, text)) for text in texts)
        assert found.rms is None or (found.rms.shape == rows and not (found.rms <= 0).any())
        assert all(shlex.quote(name) == name for name in found.classes)
        assert np.isnan(found.pixel_arcsec) or 0 < found.pixel_arcsec < np.inf
    return told


PARSERS: dict[str, Callable[[bytes, Path], list[str]]] = {
    parser.__name__: parser for parser in (header, sheet, configuration, truth, cutouts, box)
}


@contextmanager
def _told(place: str, kind: type[Exception], *, folder: Path, elsewhere: str = "") -> Iterator[list[str]]:
    """Collect an error that says where, what was expected and what was received; allow nothing else."""
    told: list[str] = []
    try:
        with watched(folder) as seen:
            yield told
    except kind as error:
        told.append(text := str(error))
        assert len(text) < LONGEST_MESSAGE, text
        for line in text.splitlines():
            if not re.fullmatch(r"\.\.\. and \d+ more", line):
                assert place in line or (elsewhere and elsewhere in line), text
                assert re.search("[Ee]xpected .+ received", line) and line.isprintable(), text
    finally:
        assert seen == [], seen


def _written(path: Path, content: bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(content)
    return path


def _laid_over_default(content: bytes) -> dict:
    """Return what Snakemake makes of a configuration file that it can read, laid over the default."""
    overlay = {}
    for load in (json.loads, partial(yaml.load, Loader=yaml.FullLoader)):
        # Where Snakemake ends with an error, we see what we make of the file.
        with suppress(Exception):
            overlay = overlay or load(content.decode())
    return _merged(yaml.safe_load(DEFAULT), overlay if isinstance(overlay, dict) else {})


def _merged(below: object, above: object) -> object:
    """Lay one configuration over another as Snakemake does."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: _merged(below.get(key), value) for key, value in above.items()}}


def main(arguments: list[str]) -> None:
    """Run atheris on one parser, from a corpus of the seeds."""
    name, *options = arguments or ["nothing"]
    if name not in PARSERS:
        sys.exit(f"Expected the name of a parser ({', '.join(PARSERS)}), received {name}")

    import atheris

    for function in filter(inspect.isfunction, gc.get_objects()):
        if (function.__module__ or "").startswith(INSTRUMENTED):
            atheris.instrument_func(function)
    with TemporaryDirectory() as scratch:
        corpus, folder = Path(scratch) / "corpus", Path(scratch) / "folder"
        corpus.mkdir(), folder.mkdir()
        for number, content in enumerate(seeds.SEEDS[name]):
            _written(corpus / str(number), content)
        seeds.make_files(folder)
        atheris.Setup(
            [sys.argv[0], *options, str(corpus)], lambda content: bool(PARSERS[name](content, folder))
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
