"""Write the files of a HATS catalogue: Parquet files of HEALPix cells, their metadata, and properties.

The layout is that of the IVOA note on HATS 1.0 (Hierarchical Adaptive Tiling Scheme), which LSDB reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from radiofind.survey.partitions import INDEX_ORDER, Partition

INDEX = f"_healpix_{INDEX_ORDER}"
"""Column by which the rows of each file are sorted: their cells of order 29."""
PER_FOLDER = 10_000
"""Numbers of cells in a folder."""
OF_EVERY_TABLE = {
    "hats_col_ra": "ra",
    "hats_col_dec": "dec",
    "hats_col_healpix": INDEX,
    "hats_col_healpix_order": INDEX_ORDER,
    "hats_npix_suffix": ".parquet",
    "hats_builder": "radiofind",
}
"""Properties of catalogue and margin."""


def write_table(
    parts: Iterable[tuple[Partition, pa.Table]],
    folder: Path,
    *,
    schema: pa.Schema,
    properties: Mapping[str, object],
    history: Sequence[str] = (),
) -> None:
    """Write a catalogue or a margin.

    Parameters
    ----------
    parts
        Each partition and its rows, which have a column `INDEX` and are sorted by it.
    folder
        The folder to make; its name is that of the table.
    schema
        The schema of all parts.
    properties
        ``dataproduct_type`` and what belongs to it.
    history
        Lines on how it was made.
    """
    dataset = folder / "dataset"
    partitions: list[Partition] = []
    metadata: list[pq.FileMetaData] = []
    for partition, rows in parts:
        place = f"Norder={partition.order}/Dir={partition.pixel // PER_FOLDER * PER_FOLDER}"
        name = f"{place}/Npix={partition.pixel}.parquet"
        (dataset / place).mkdir(parents=True, exist_ok=True)
        pq.write_table(rows, dataset / name, metadata_collector=metadata)
        metadata[-1].set_file_path(name)
        partitions.append(partition)
    pq.write_metadata(schema, dataset / "_metadata", metadata_collector=metadata)
    pq.write_metadata(schema, dataset / "_common_metadata")
    lines = [f"{one.order},{one.pixel}\n" for one in partitions]
    (folder / "partition_info.csv").write_text("".join(["Norder,Npix\n", *lines]))
    told = {**properties, "obs_collection": folder.name, **OF_EVERY_TABLE}
    told["hats_nrows"] = sum(one.num_rows for one in metadata)
    told["hats_max_rows"] = max(one.num_rows for one in metadata)
    told["hats_order"] = max(one.order for one in partitions)
    for name in ("hats.properties", "properties"):  # the second is for older readers
        write_properties(told, folder / name, history=history)


def write_properties(properties: Mapping[str, object], path: Path, *, history: Sequence[str] = ()) -> None:
    """Write properties as lines of keys and values, after comments on how their table was made."""
    lines = [*(f"# {line}" for line in history), *(f"{key}={value}" for key, value in properties.items())]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
