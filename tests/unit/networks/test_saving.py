"""Equal networks give equal files, and reading a file runs no code in it."""

import keras
import pytest
from keras import layers

from radiofind.networks.saving import load_network

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_file_with_code_is_refused(tmp_path):
    given = keras.Input((None, None, 1))
    keras.Model(given, layers.Lambda(lambda x: x * 2)(given)).save(tmp_path / "a.keras")
    with pytest.raises(ValueError, match=r"a\.keras: .*Lambda"):
        load_network(tmp_path / "a.keras")


@pytest.mark.parametrize("content", [None, b"", b"no network", b"PK\x05\x06" + b"\0" * 18])
def test_a_file_that_is_not_a_network_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "a.keras").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.keras: .*network"):
        load_network(tmp_path / "a.keras")
