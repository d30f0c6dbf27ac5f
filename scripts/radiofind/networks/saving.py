"""Write networks as ``.keras`` files, and read them in safe mode."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from radiofind.errors import reason
from radiofind.files import whole_or_absent
from radiofind.networks.lean_keras import keras


def save_network(network: keras.Model, path: str | Path) -> None:
    """Write a network as a ``.keras`` file, with the same bytes for the same network.

    Parameters
    ----------
    network
        The network.
    path
        The file to write.
    """
    with whole_or_absent(path) as temporary:
        network.save(temporary)
        with zipfile.ZipFile(temporary) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        parts["metadata.json"] = json.dumps(json.loads(parts["metadata.json"]) | {"date_saved": ""}).encode()
        with zipfile.ZipFile(temporary, "w") as archive:
            for name, content in parts.items():
                archive.writestr(zipfile.ZipInfo(name), content)


def load_network(path: str | Path, *, what: str = "network") -> keras.Model:
    """Return the network in a ``.keras`` file, read in safe mode: no code in the file is run.

    Parameters
    ----------
    path
        The file.
    what
        The kind of network, for the error message.

    Raises
    ------
    ValueError
        If it is not such a file, or contains code.
    """
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path}: cannot be read as a {what} (.keras): {reason(error)}") from error
