"""Run PyBDSF once on the files in a folder, in a separate process.

Started by `pybdsf.find_sources` as ``python pybdsf_process.py FOLDER``. Reads ``image.fits``, ``mean.fits``,
``rms.fits`` and ``options.json``. Writes ``islands.npy``, and ``sources.fits`` and ``components.fits`` if
there are sources; or ``error.txt`` with one line.
"""

from __future__ import annotations

import gc
import json
import sys
import traceback
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import numpy as np

# PyBDSF loads pyplot, a third of its start-up, for plots that nobody sees here; it warns if there is none.
sys.modules.setdefault("matplotlib", None)
with redirect_stderr(StringIO()):
    import bdsf
if sys.modules["matplotlib"] is None:
    del sys.modules["matplotlib"]


def main(folder: Path) -> None:
    """Run PyBDSF on the image of a folder."""
    # PyBDSF collects garbage after each of its steps, which need not examine the imported modules again.
    gc.freeze()
    options = json.loads((folder / "options.json").read_text())
    options = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
    try:
        find_sources(folder, options)
    except (MemoryError, OSError):
        # The machine is to blame, not the image. Without memory, listing a folder raises an OSError.
        raise
    except Exception as error:
        traceback.print_exc()
        (folder / "error.txt").write_text(f"{type(error).__name__}: {error}".splitlines()[0])


def find_sources(folder: Path, options: dict[str, object]) -> None:
    """Run PyBDSF and write its tables and its map of islands."""
    image = bdsf.process_image(str(folder / "image.fits"), **options)
    np.save(folder / "islands.npy", image.pyrank.T if image.nisl else np.empty((0, 0), dtype=np.int32))
    for kind, name in (("srl", "sources"), ("gaul", "components")):
        path = str(folder / f"{name}.fits")
        image.write_catalog(outfile=path, format="fits", catalog_type=kind, incl_empty=kind == "srl")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
