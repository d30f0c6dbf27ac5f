"""Export a survey as a HATS collection, a catalogue in parts of the sky with margins, which LSDB reads.

The survey is read twice, some rows at a time: once for the cells of its positions, and once to sort its rows
into temporary files of their partitions. A partition is a HEALPix cell with a file of its own; its margin is
another file, with the rows just outside. Besides one partition, the cells of all rows are held (8 bytes
each).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.feather import read_table, write_feather

from radiofind.files import whole_or_absent_folder
from radiofind.survey.band import Band
from radiofind.survey.hats_files import INDEX, write_properties, write_table
from radiofind.survey.healpix import cells_of
from radiofind.survey.partitions import (
    INDEX_ORDER,
    Margins,
    Partition,
    divide,
    order_of_margins,
    places_in,
)

MOST_ROWS = 250_000
"""Most rows of a partition, and rows that are read at a time: about 100 MB."""
MARGIN_BEAMS = 2.0
LEAST_MARGIN_ARCSEC = 10.0
"""Width of margins: two beams, but at least this. LSDB matches up to this radius across partitions."""


def export_hats(survey: str | Path, path: str | Path, *, band: Band, history: Sequence[str] = ()) -> None:
    """Write a survey as a HATS collection of a catalogue and its margin.

    Parameters
    ----------
    survey
        The Parquet file. Its name is that of the catalogue.
    path
        The folder to make, whole or not at all.
    band
        Frequency and beam of its images.
    history
        Lines on how it was made.
    """
    width = margin_arcsec(band)
    order = order_of_margins(width)
    partitions = divide(_index_of(survey), most_rows=MOST_ROWS, finest=order) or [Partition(0, 0)]
    name, schema = Path(survey).stem, _schema_of(survey)
    margin = f"{name}_{width}arcs"
    of_margin = {"dataproduct_type": "margin", "hats_primary_table_url": name, "hats_margin_threshold": width}
    write = partial(write_table, schema=schema, history=history)
    with whole_or_absent_folder(path) as folder, TemporaryDirectory(dir=folder) as scratch:
        inside, beside = Path(scratch, "inside"), Path(scratch, "beside")
        _sort_rows(survey, partitions, Margins(partitions, order=order), inside, beside)
        of_catalogue = {"dataproduct_type": "object"}
        write(_sorted_rows(inside, partitions, schema), folder / name, properties=of_catalogue)
        write(_sorted_rows(beside, partitions, schema), folder / margin, properties=of_margin)
        both = {"obs_collection": name, "hats_primary_table_url": name}
        both |= {"all_margins": margin, "default_margin": margin}
        write_properties(both, folder / "collection.properties")


def margin_arcsec(band: Band) -> int:
    """Return the width of the margins, in whole arcsec."""
    beams = MARGIN_BEAMS * band.beam_arcsec
    return math.ceil(LEAST_MARGIN_ARCSEC if math.isnan(beams) else max(beams, LEAST_MARGIN_ARCSEC))


def _schema_of(survey: str | Path) -> pa.Schema:
    """Return the columns of a survey after that of its cells, without what is said of the file itself."""
    return pa.schema([pa.field(INDEX, pa.int64()), *pq.read_schema(survey)])


def _index_of(survey: str | Path) -> np.ndarray:
    """Return the HEALPix cell of each row of a survey, sorted."""
    with pq.ParquetFile(survey, pre_buffer=False) as file:
        parts = [_cells_of(rows) for rows in file.iter_batches(MOST_ROWS, columns=["ra", "dec"])]
    return np.sort(np.concatenate([np.empty(0, dtype=np.int64), *parts]))


def _cells_of(rows: pa.RecordBatch) -> np.ndarray:
    """Return the cells that hold rows."""
    return cells_of(rows["ra"].to_numpy(), rows["dec"].to_numpy(), order=INDEX_ORDER)


def _sort_rows(
    survey: str | Path, partitions: Sequence[Partition], margins: Margins, inside: Path, beside: Path
) -> None:
    """Write the rows inside each partition, and those beside it, into files of two folders."""
    schema = _schema_of(survey)
    for folder in (inside, beside):
        folder.mkdir()
    with pq.ParquetFile(survey, pre_buffer=False) as file:
        for number, batch in enumerate(file.iter_batches(MOST_ROWS)):
            cells = _cells_of(batch)
            rows = pa.Table.from_arrays([pa.array(cells), *batch.columns], schema=schema)
            near, places = margins.holding(cells)
            _keep(rows, places_in(partitions, cells), inside, number)
            _keep(rows.take(near), places, beside, number)


def _keep(rows: pa.Table, places: np.ndarray, folder: Path, number: int) -> None:
    """Write the rows of each place in the list of partitions into a file."""
    order = np.argsort(places, kind="stable")
    found, first = np.unique(places[order], return_index=True)
    for place, chosen in zip(found, np.split(order, first)[1:], strict=True):
        write_feather(rows.take(chosen), folder / f"{place}.{number:06d}")


def _sorted_rows(
    folder: Path, partitions: Sequence[Partition], schema: pa.Schema
) -> Iterator[tuple[Partition, pa.Table]]:
    """Yield each partition that has rows in a folder, with its rows sorted; if none has, one of no rows."""
    pieces: dict[int, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        pieces.setdefault(int(path.stem), []).append(path)
    # LSDB opens no table without partitions.
    for place in sorted(pieces) or [0]:
        rows = pa.concat_tables([schema.empty_table(), *map(read_table, pieces.get(place, []))])
        order = np.argsort(rows[INDEX].to_numpy(), kind="stable")
        yield partitions[place], rows.take(order)
