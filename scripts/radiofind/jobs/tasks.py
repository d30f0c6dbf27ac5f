"""Divide a function and its items into tasks for workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

A, B = TypeVar("A"), TypeVar("B")

AHEAD = 2
"""Tasks in flight per thread, which bounds the memory."""
TOGETHER = 8
"""Default number of items per task: the overhead of a task equals the time to read the file of one tile."""


def in_parts(items: Iterable[A], size: int) -> Iterator[list[A]]:
    """Yield items in lists of a given size."""
    left = iter(items)
    while part := list(islice(left, size)):
        yield part


def apply_to(function: Callable[[A], B], items: list[A]) -> list[B]:
    """Return the results of a function for a list of items."""
    return [function(item) for item in items]
