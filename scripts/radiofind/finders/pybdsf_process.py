"""Run PyBDSF once, in a process of its own, on the files of a folder.

Started by `pybdsf.find_sources` as ``python pybdsf_process.py FOLDER``. Reads ``image.fits``, ``mean.fits``,
``rms.fits`` and ``options.json``; makes ``sources.fits`` and ``components.fits`` when there are sources, and
``islands.npy``; or ``error.txt`` with one line.
"""

from __future__ import annotations

import gc
import json
import sys
import traceback
from pathlib import Path

import bdsf
import numpy as np


def main(folder: Path) -> None:
    """Run PyBDSF on the image of a folder."""
    # PyBDSF collects garbage after each of its steps; what the imports made need not be looked through again.
    gc.freeze()
    options = json.loads((folder / "options.json").read_text())
    options = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
    try:
        find_sources(folder, options)
    except (MemoryError, OSError):
        # Of the machine and not of the image. Without memory, folders cannot be listed: that is an OSError.
        raise
    except Exception as error:
        traceback.print_exc()
        (folder / "error.txt").write_text(f"{type(error).__name__}: {error}".splitlines()[0])


def find_sources(folder: Path, options: dict[str, object]) -> None:
    """Run PyBDSF and write its tables and its islands."""
    image = bdsf.process_image(str(folder / "image.fits"), **options)
    np.save(folder / "islands.npy", image.pyrank.T if image.nisl else np.empty((0, 0), dtype=np.int32))
    for kind, name in (("srl", "sources"), ("gaul", "components")):
        path = str(folder / f"{name}.fits")
        image.write_catalog(outfile=path, format="fits", catalog_type=kind, incl_empty=kind == "srl")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
