"""Tell, at the end of each Python of an environment, what it ran and which modules came from elsewhere.

Python imports a module of this name when it starts. Snakemake adds the folders of its own Python to those of
a job, at the end, so that what an environment lacks is taken from there without a word.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from pathlib import Path

TESTIMONIES = "TESTIMONIES"
"""Variable that names the file to which each process adds a line."""


def testify() -> None:
    """Add a line to the file."""
    own = (Path(sys.prefix), Path(os.__file__).parent)
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    borrowed = {
        name: file
        for name, file in files.items()
        if file and not any(Path(file).is_relative_to(folder) for folder in own)
    }
    testimony = {"program": sys.argv[0], "prefix": sys.prefix, "borrowed": borrowed}
    with Path(os.environ[TESTIMONIES]).open("a") as stream:
        stream.write(json.dumps(testimony) + "\n")


if TESTIMONIES in os.environ:
    atexit.register(testify)
