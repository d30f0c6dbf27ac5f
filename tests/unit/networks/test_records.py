"""A network of another major version of Keras is refused."""

import keras
import pytest

from radiofind.networks.records import check_keras


def test_another_major_version_of_keras_is_refused():
    check_keras(keras.__version__, "a.json", what="model")
    check_keras(f"{keras.__version__.split('.')[0]}.999", "a.json", what="model")
    with pytest.raises(ValueError, match=r"a\.json: .*model.*Keras 2\.15"):
        check_keras("2.15", "a.json", what="model")


@pytest.mark.parametrize("version", ["4.0.1", "33.1", ""])
def test_later_versions_of_keras_and_none_are_refused(version):
    with pytest.raises(ValueError, match=rf"a\.json: .*Keras {version}.*Keras 3"):
        check_keras(version, "a.json", what="model")
