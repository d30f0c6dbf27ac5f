"""Networks are files that are the same for the same network, and that run nothing when they are read."""

import keras
import pytest
from keras import layers

from radiofind.networks.saving import load_network

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_file_with_code_is_refused(tmp_path):
    given = keras.Input((None, None, 1))
    keras.Model(given, layers.Lambda(lambda x: x * 2)(given)).save(tmp_path / "a.keras")
    with pytest.raises(
        ValueError, match=r"a\.keras: expected a network in a \.keras file, received: .*Lambda"
    ):
        load_network(tmp_path / "a.keras")


@pytest.mark.parametrize("content", [None, b"", b"no network", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_network_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "a.keras").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.keras: expected a network in a \.keras file, received: ."):
        load_network(tmp_path / "a.keras")
