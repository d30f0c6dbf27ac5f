"""Files of labelled cutouts that are HDF5 and yet nothing to train on, each with what is told of it."""

from __future__ import annotations

import io
from collections.abc import Callable

import h5py
import numpy as np

from fuzz.seeds import CUTOUT_ROWS, cutout_file

REAL, UNWRITTEN = "expected real numbers, received", "expected values that were written, received shape"
TEXTS = h5py.string_dtype()
MANY = 20_000

Write = Callable[[h5py.File], None]


def _holds(key: str, value: object) -> Write:
    """Return what puts a value, or a link, in the place of a dataset."""

    def write(file: h5py.File) -> None:
        if key in file:
            del file[key]
        file[key] = value

    return write


def _says(key: str, value: object) -> Write:
    """Return what gives a file an attribute."""
    return lambda file: file.attrs.__setitem__(key, value)


def _declares(key: str, shape: tuple[int, ...], dtype: object, **options: object) -> Write:
    """Return what makes a dataset into which nothing was written."""

    def write(file: h5py.File) -> None:
        if key in file:
            del file[key]
        file.create_dataset(key, shape, dtype, **options)

    return write


def _of_kind(key: str, kind: h5py.h5t.TypeID) -> Write:
    """Return what makes a dataset of a kind that NumPy does not know."""

    def write(file: h5py.File) -> None:
        del file[key]
        h5py.h5d.create(file.id, key.encode(), kind, h5py.h5s.create_simple((CUTOUT_ROWS,)))

    return write


def _all_of(*writes: Write) -> Write:
    """Return what does several things to a file."""
    return lambda file: [write(file) for write in writes] and None


def _named_in_latin(file: h5py.File) -> None:
    """Have names that are not UTF-8, and no images."""
    del file["image"]
    file.id.links.create_soft(b"\xff\xe9", b"label")


def _without_classes(file: h5py.File) -> None:
    """Have an attribute of a kind that NumPy does not know."""
    del file.attrs["classes"]
    h5py.h5a.create(file.id, b"classes", h5py.h5t.UNIX_D32LE, h5py.h5s.create_simple((2,)))


def _lists() -> np.ndarray:
    """Return lists of many lengths."""
    lists = np.empty(2, dtype=object)
    lists[0], lists[1] = np.arange(300), np.arange(30)
    return lists


def _numbered(file: h5py.File) -> None:
    """Have lists of many lengths as an attribute."""
    file.attrs.create("pixel_arcsec", _lists(), dtype=h5py.vlen_dtype("i4"))


def _with_a_long_name(file: h5py.File) -> None:
    """Have one long name among many short ones: an array of them all would take the room of 20 GB."""
    for key, value in (("image", np.ones((MANY, 1, 1), "u1")), ("label", np.zeros(MANY, "u1"))):
        _holds(key, value)(file)
    for key in ("split", "group", "rms"):
        del file[key]
    _holds("name", np.array(["a"] * (MANY - 1) + ["b" * 300_000], dtype=object))(file)


def _wide() -> h5py.h5t.TypeID:
    """Return integers of 16 bytes."""
    kind = h5py.h5t.STD_I64LE.copy()
    kind.set_size(16)
    return kind


COMPOUND = np.zeros(CUTOUT_ROWS, dtype=[("a", "f4"), ("b", "S3")])
ODD: dict[str, tuple[Write, str]] = {
    "compound": (_holds("rms", COMPOUND), f"rms: {REAL}"),
    "opaque": (_holds("image", np.zeros((CUTOUT_ROWS, 2, 2), "V7")), f"image: {REAL}"),
    "arrays": (_declares("rms", (CUTOUT_ROWS,), np.dtype(("f4", (3,)))), f"rms: {REAL}"),
    "references": (_declares("group", (CUTOUT_ROWS,), h5py.ref_dtype), "group: expected texts"),
    "lists": (_declares("label", (CUTOUT_ROWS,), h5py.vlen_dtype("i4")), "label: expected integers"),
    "texts": (_declares("image", (CUTOUT_ROWS, 2, 2), TEXTS), f"image: {REAL}"),
    "texts as rms": (_holds("rms", np.full(CUTOUT_ROWS, b"1.5")), f"rms: {REAL}"),
    "times": (_of_kind("rms", h5py.h5t.UNIX_D32LE), "rms: expected data that HDF5 can read"),
    "wide": (_of_kind("label", _wide()), "label: expected data that HDF5 can read"),
    "datatype": (_holds("rms", np.dtype("f4")), "rms: expected a dataset, received a datatype"),
    "group": (lambda file: _holds("rms", file)(file), "rms: expected a dataset, received a group"),
    "soft link": (_holds("label", h5py.SoftLink("/group")), "label: expected a dataset of the file itself"),
    "link to itself": (_holds("rms", h5py.SoftLink("/rms")), "rms: expected a dataset of the file itself"),
    "device": (
        _holds("rms", h5py.ExternalLink("/dev/zero", "/x")),
        "rms: expected a dataset of the file itself",
    ),
    "scalar": (_holds("label", 1), r"label: expected shape \(6,\)"),
    "nothing": (_holds("rms", h5py.Empty("f4")), r"rms: expected shape \(6,\)"),
    "no images": (_holds("image", h5py.Empty("f4")), "image: expected images of shape"),
    "32 axes": (_holds("image", np.ones((1,) * 32)), "image: expected images of shape"),
    "names of links": (_named_in_latin, r"expected a dataset image, received b'\\xff\\xe9', group, label"),
    "latin names": (
        _holds("name", np.array([b"a"] * 4 + [b"\xe9"] * 2)),
        r"name\[4\]: expected a text in UTF-8",
    ),
    "long name": (_with_a_long_name, rf"name\[{MANY - 1}\]: expected a text of at most 255 characters"),
    "long split": (
        _holds("split", np.array([b"train"] * 5 + [b"tra" * 90_000])),
        r"split\[5\]: expected a text of at most",
    ),
    "latin classes": (
        _says("classes", np.array([b"a", b"\xe9"])),
        r"classes\[1\]: expected a text in UTF-8",
    ),
    "no classes": (_says("classes", h5py.Empty("S3")), "classes: expected names, received shape None"),
    "classes of references": (
        lambda file: file.attrs.create("classes", [file.ref] * 2, dtype=h5py.ref_dtype),
        "classes: expected names",
    ),
    "classes in compounds": (_says("classes", COMPOUND), "classes: expected names"),
    "classes of times": (_without_classes, "classes: expected data that HDF5 can read"),
    "9000 classes": (
        _says("classes", np.array([f"c{number}" for number in range(9000)], "S5")),
        "classes: expected from 2 to 255 classes, received 9000",
    ),
    "pixels in lists": (_numbered, "pixel_arcsec: expected a number, received object"),
    "pixels of true": (_says("pixel_arcsec", True), "pixel_arcsec: expected a number"),
    "no pixels": (_says("pixel_arcsec", np.zeros(0)), "pixel_arcsec: expected a number, received"),
    "empty pixels": (_says("pixel_arcsec", h5py.Empty("f4")), "pixel_arcsec: expected a number"),
    "broad images": (
        _declares("image", (CUTOUT_ROWS, 2**20, 2**10), "f4", chunks=(1, 1024, 1024)),
        f"image: {UNWRITTEN}",
    ),
    "images that overflow": (
        _declares("image", (CUTOUT_ROWS, 2**32, 2**32 - 1), "u1", chunks=(1, 1024, 1024)),
        f"image: {UNWRITTEN}",
    ),
    "many rows": (
        _all_of(
            _declares("image", (2**40, 1, 1), "u1", chunks=(1024, 1, 1)),
            _declares("label", (2**40,), "u1", chunks=(1024,)),
        ),
        f"image: {UNWRITTEN}",
    ),
    "large chunk": (
        _declares("image", (CUTOUT_ROWS, 4, 5), "f4", chunks=(1, 2**15, 2**14), maxshape=(None, None, None)),
        f"image: {UNWRITTEN}",
    ),
    "long texts": (_declares("name", (CUTOUT_ROWS,), "S2000000000", chunks=(1,)), f"name: {UNWRITTEN}"),
}
"""What is done to a right file, and what is told of it then."""


def odd_file(case: str) -> bytes:
    """Return the bytes of a file with an oddity."""
    stream = io.BytesIO(cutout_file())
    with h5py.File(stream, "a") as file:
        ODD[case][0](file)
    return stream.getvalue()
