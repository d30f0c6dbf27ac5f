"""Cases of a test of which `make test` tries a few, and `make test-all` all."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pytest


def cases(names: Iterable[str], few: Collection[str]) -> list:
    """Return names as parameters of a test, of which all but a few are left to `make test-all`."""
    names = list(names)
    assert set(few) <= set(names)
    return [pytest.param(name, marks=() if name in few else pytest.mark.exhaustive) for name in names]
