"""Small files that are right, one list for each parser, from which wrong ones are made."""

from __future__ import annotations

import gzip
import io
import tempfile
from pathlib import Path

import h5py
import numpy as np
from astropy import units
from astropy.io import fits
from astropy.table import Table

TRUTH_KINDS = [
    ("sdc1", ".txt"),
    ("meerkat_sim", ".txt"),
    *(("table", suffix) for suffix in (".txt", ".csv", ".ecsv", ".vot", ".fits", ".parquet")),
]
"""Format and suffix of a truth; the number of one of them is the byte that comes before the seed."""

SHAPE = (20, 24)
PIXELS = np.random.default_rng(1).normal(0, 1e-4, SHAPE).astype(np.float32)

COORDINATES = {
    **{"CTYPE1": "RA---SIN", "CRPIX1": 12.5, "CDELT1": -2 / 3600, "CRVAL1": 0.0, "CUNIT1": "deg"},
    **{"CTYPE2": "DEC--SIN", "CRPIX2": 10.5, "CDELT2": 2 / 3600, "CRVAL2": -30.0, "CUNIT2": "deg"},
    **{"BUNIT": "Jy/beam", "EQUINOX": 2000.0, "RADESYS": "FK5"},
}
BEAM = {"BMAJ": 8 / 3600, "BMIN": 6 / 3600, "BPA": 10.0}
FURTHER_AXES = {
    **{"CTYPE3": "FREQ", "CRPIX3": 1.0, "CDELT3": 1e6, "CRVAL3": 1.4e9, "CUNIT3": "Hz"},
    **{"CTYPE4": "STOKES", "CRPIX4": 1.0, "CDELT4": 1.0, "CRVAL4": 1.0},
}
CARDS = fits.Header({**COORDINATES, **BEAM, "RESTFRQ": 1.4e9})

FILES = ("a.fits", "a b.fits", "truth.txt")
"""Files that the sheets may name."""


def make_files(folder: Path) -> None:
    """Make the files that the seeds name."""
    for name in FILES:
        (folder / name).touch()
    (folder / "folder").mkdir()


def _file_of(*hdus: object) -> bytes:
    """Return a FITS file."""
    stream = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(stream)
    return stream.getvalue()


def _images() -> list[bytes]:
    """Return images with 2 and 4 axes, in an extension, with a beam of AIPS, in integers, packed."""
    four = fits.Header({**COORDINATES, **BEAM, **FURTHER_AXES})
    aips = fits.Header({**COORDINATES, "RESTFRQ": 1.4e9})
    aips["HISTORY"] = "AIPS   CLEAN BMAJ=  1.5000E-03 BMIN=  1.2000E-03 BPA=  30.00"
    counts = fits.PrimaryHDU((PIXELS / 1e-6).astype(np.int16), CARDS)
    counts.header.update(BSCALE=1e-6, BZERO=0.5, BLANK=-32768)
    packed = fits.CompImageHDU(PIXELS, CARDS, compression_type="RICE_1", quantize_method=1)
    plain = _file_of(fits.PrimaryHDU(PIXELS, CARDS))
    return [
        plain,
        _file_of(fits.PrimaryHDU(PIXELS.reshape(1, 1, *SHAPE), four)),
        _file_of(fits.PrimaryHDU(), fits.ImageHDU(PIXELS, CARDS)),
        _file_of(fits.PrimaryHDU(PIXELS, aips)),
        _file_of(counts),
        _file_of(fits.PrimaryHDU(), packed),
        gzip.compress(plain, mtime=0),
    ]


def _table(suffix: str) -> bytes:
    """Return a table as astropy writes it."""
    table = Table({"id": ["a", "b"], "ra": [-10.0, 20.0] * units.deg, "dec": [1.0, 2.0] * units.deg})
    table["total_flux"], table["class"] = [1.0, 2.0] * units.mJy, ["sfg", "2"]
    named = {".txt": "ascii", ".vot": "votable"}
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / f"table{suffix}"
        table.write(path, format=named.get(suffix))
        return path.read_bytes()


def _truths() -> list[bytes]:
    """Return truth catalogues of all kinds, each after a line with its number."""
    sdc1 = [f"{i} -0.1 -29.1 {ra} -29.5 1e-6 0.5 1 1 0 1 {i}" for i, ra in ((1, -0.25), (2, 359.9))]
    header = "# a comment\nCOLUMN1: ID [none] name\n"
    contents = [
        (header + "\n".join(sdc1) + "\n").encode(),
        b"# format:name ra_d dec_d i\nS1 12.5 -19 2e-6\nS2 13 -20 3e-6\n",
        *(_table(suffix) for _, suffix in TRUTH_KINDS[2:]),
    ]
    longer = header + "".join(f"{line} {i} 10.5 20.5\n" for i, line in enumerate(sdc1))
    return [bytes([kind]) + b"\n" + content for kind, content in [*enumerate(contents), (0, longer.encode())]]


CUTOUT_ROWS = 6
PACKED = {"chunks": (2, 4, 5), "compression": "gzip", "shuffle": True, "fletcher32": True}


def cutout_file(*, only_needed: bool = False, version: str = "earliest", **image: object) -> bytes:
    """Return labelled cutouts, with options of h5py for their images.

    All texts have one length: HDF5 itself may read a damaged heap, where the others are, without end.
    """
    stream, rows = io.BytesIO(), np.arange(CUTOUT_ROWS)
    with h5py.File(stream, "w", libver=(version, "latest")) as file:
        file.create_dataset("image", data=PIXELS.reshape(-1, 4, 5)[:CUTOUT_ROWS], **image)
        file["label"] = rows % 2
        file.attrs["classes"] = np.array([b"FRI", b"FRII"])
        if not only_needed:
            file["split"] = np.array([b"train", b"valid", b"test"])[rows % 3]
            file["name"] = np.array([f"Jä{row}".encode() for row in rows])
            file["group"], file["rms"] = rows, np.where(rows % 2, 1e-4, np.nan)
            file.attrs["pixel_arcsec"] = 1.8
    return stream.getvalue()


IMAGE = _file_of(fits.PrimaryHDU(np.zeros((90, 120), np.float32), CARDS))

SEEDS: dict[str, list[bytes]] = {
    "header": _images(),
    "sheet": [
        b"mosaic\timage\nm\ta.fits\n",
        b"mosaic\timage\ttruth\ttruth_format\ttrain_box\tvalidation_box\ttraining_set\tbeam\tfrequency_hz\tfield\n"
        b"m\ta.fits\ttruth.txt\tsdc1\t0:10,0:20\t10:15,0:20\tt\t6,5.5,-10\t144e6\tf\n"
        b'n\ta b.fits\t\t\t"0:10, 0:20"\t10:12,0:9\t\t\t\t\n',
        b"\xef\xbb\xbf# about\r\nmosaic\tsimulate\r\none\tdemo\r\ntwo\tdemo\r\n",
    ],
    "configuration": [
        b"mosaics: truth.txt\nsnr: [1, 2.5]\ntiling: {core_pixels: 100, halo_pixels: 20}\n",
        b"mosaics: truth.txt\nfinders:\n  a: &a {kind: pybdsf, thresh_pix: 6}\n  b: {<<: *a, thresh_pix: 7}\n"
        b"  net: {kind: convosource, model: null}\n  both: {kind: combined, of: [a, net]}\n"
        b"find_with: [a, b, net, both]\n",
        b"mosaics: truth.txt\nsimulations:\n"
        b"  sky: {size_pixels: 100, frequency_mhz: 560, exposure_h: 8, seed: 1}\n"
        b"noise:\n  bright: {threshold: 150, box_pixels: 60, step_pixels: 15}\nmatch: {radius_pixels: 3}\n",
        b"mosaics: truth.txt\ntiling: {halo_beams: 20}\nnoise: {box_beams: 30.5, step_beams: 8}\n"
        b"match: {radius_beams: 0.7}\n",
        b'{"mosaics": "truth.txt",\n\t"snr": [1]}',
    ],
    "truth": _truths(),
    "cutouts": [
        cutout_file(),
        cutout_file(only_needed=True),
        cutout_file(**PACKED),
        cutout_file(version="latest", **PACKED),
    ],
    "box": [b"0:60,0:90", b"60:120,10:90", b"all", b"", b' "0:50, 0:50" '],
}
"""Files that are right, by parser."""
