"""Headers and rectangles of images as observatories write them."""

import gzip
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

import radiofind
from radiofind.mosaics.box import Box
from radiofind.mosaics.images import Beam, ImageError, read_header, read_pixels
from radiofind.mosaics.interpolation import bilinear
from radiofind.mosaics.primary_beams import beam_sampler, sample_image
from radiofind.mosaics.tile_images import read_planes, write_image

BOX = Box(x0=20, x1=50, y0=10, y1=60)
AIPS = "AIPS   CLEAN BMAJ=  1.5000E-03 BMIN=  1.2000E-03 BPA=  30.00"


@pytest.fixture
def noise():
    return np.random.default_rng(2).normal(scale=1e-4, size=(80, 100)).astype(np.float32)


@pytest.mark.parametrize("n_axes", [2, 4])
@pytest.mark.parametrize("name", ["image.fits", "image.fits.fz", "image.fits.gz"])
def test_a_rectangle_is_that_of_the_file(write_fits, noise, n_axes, name):
    path = write_fits(noise, name, n_axes=n_axes)
    header = read_header(path)
    assert (header.shape, header.plane.count) == ((80, 100), 1)
    assert header.frequency_hz == 1.4e9
    assert header.pixel_arcsec == pytest.approx(2.0)
    pixels = read_pixels(header, BOX)
    assert pixels.shape == BOX.shape
    assert pixels.dtype == np.float32
    tolerance = 2e-5 if name.endswith(".fz") else 0  # a quantised image agrees within its step
    assert pixels == pytest.approx(noise[BOX.slices], abs=tolerance, rel=0)


def test_areas_of_zeros_nan_and_infinities_are_blank_and_the_rest_is_not(write_fits, noise):
    noise[20:36, 20:40], noise[40, 40], noise[41, 41], noise[42, 42:44] = 0, np.nan, -0.0, (np.inf, -np.inf)
    blank = (noise == 0) | ~np.isfinite(noise)
    blank[41, 41] = False  # a value that happens to be zero
    pixels = read_pixels(read_header(write_fits(noise, BUNIT="mJy/beam")), BOX)
    assert np.array_equal(np.isnan(pixels), blank[BOX.slices])
    assert pixels[~blank[BOX.slices]] == pytest.approx(noise[BOX.slices][~blank[BOX.slices]] * 1e-3)


def test_a_pixel_is_blank_or_not_whatever_rectangle_is_read(write_fits, noise):
    noise[:, :3], noise[30:50, 20:45], noise[np.random.default_rng(1).random(noise.shape) < 0.1] = 0, 0, 0
    header = read_header(write_fits(noise))
    whole = read_pixels(header, Box(0, 100, 0, 80))
    assert np.isnan(whole[:, :3]).all() and np.isnan(whole[30:50, 20:45]).all() and (whole == 0).any()
    for box in (BOX, Box(0, 10, 0, 10), Box(40, 41, 49, 50), Box(0, 100, 31, 33)):
        assert np.array_equal(read_pixels(header, box), whole[box.slices], equal_nan=True)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        *[(text, 1) for text in ("JY/BEAM", "Jy/beam", "jy / Beam", "Jy beam-1", "Jy.beam-1", "beam-1 Jy")],
        *[("mJy/beam", 1e-3), ("mJy beam^-1", 1e-3), ("MJY/BM", 1e-3), ("uJy/beam", 1e-6), (None, 1)],
        *[
            (text, 1)
            for text in ("Jy beam**-1", "Jy/(clean beam)", "Jansky/beam", "JY PER BEAM", "Jy bm^{-1}")
        ],
        *[("milliJy/beam", 1e-3), ("beam-1 mJy", 1e-3), ("microJy/beam", 1e-6), ("nJy/beam", 1e-9), (" ", 1)],
    ],
)
def test_all_spellings_of_the_unit_become_jy_per_beam(write_fits, noise, unit, factor):
    header = read_header(write_fits(noise, BUNIT=unit))
    assert read_pixels(header, BOX) == pytest.approx(noise[BOX.slices] * factor)


@pytest.mark.parametrize("unit", ["K", "Jy/pixel", "Jy", "Jy/sr", "Jybeam"])
def test_another_unit_is_an_error_that_names_the_card(write_fits, noise, unit):
    with pytest.raises(ImageError, match=rf"image\.fits, card BUNIT.*{unit}\b"):
        read_header(write_fits(noise, BUNIT=unit))


def test_the_beam_comes_from_cards_or_history_or_the_sheet(write_fits, noise):
    cards = {"BMAJ": 2e-3, "BMIN": 1e-3, "BPA": 45.0}
    none = dict.fromkeys(cards)
    assert read_header(write_fits(noise, **cards)).beam == Beam(7.2, 3.6, 45)
    assert read_header(write_fits(noise, **cards | {"BPA": None})).beam == Beam(7.2, 3.6, 0)
    assert read_header(write_fits(noise, **cards | {"BMIN": None})).beam == Beam(7.2, 7.2, 45)
    aips = read_header(write_fits(noise, history=["first", AIPS.replace("30", "10"), AIPS], **none)).beam
    assert (aips.major_arcsec, aips.minor_arcsec) == pytest.approx((5.4, 4.32))
    assert aips.position_angle_deg == 30
    assert read_header(write_fits(noise, **cards), beam=(6, 5, 4)).beam == Beam(6, 5, 4)
    assert read_header(write_fits(noise, **none), beam=(6, 5, 4)).beam == Beam(6, 5, 4)


@pytest.mark.parametrize(
    "cards",
    [{"BMAJ": None}, {"BMAJ": 0.0}, {"BMAJ": -1e-3}, {"BMAJ": "6 arcsec"}, {"BMIN": 1.0}, {"BMIN": 0.0}],
)
def test_no_usable_beam_is_an_error_that_names_file_and_card(write_fits, noise, cards):
    with pytest.raises(ImageError, match="image.fits, cards? BMAJ"):
        read_header(write_fits(noise, history=["nothing of the kind"], **cards))


def test_the_frequency_comes_from_the_axis_a_card_or_the_sheet(write_fits, noise):
    four = write_fits(noise, n_axes=4, CRVAL3=5e8, RESTFRQ=3e9)
    assert read_header(four).frequency_hz == 5e8
    assert read_header(four, frequency_hz=7e8).frequency_hz == 7e8
    swapped = {"CTYPE3": "STOKES", "CRVAL3": 1.0, "CTYPE4": "FREQ-LSR", "CRVAL4": 6e8}
    assert read_header(write_fits(noise, n_axes=4, **swapped)).frequency_hz == 6e8
    later = {"CRPIX3": -1.0, "CDELT3": 1e8}
    assert read_header(write_fits(noise, n_axes=4, CRVAL3=5e8, **later)).frequency_hz == 7e8
    left_over = {"RESTFRQ": 3e9, "CTYPE3": "FREQ", "CRVAL3": 1.4, "CRPIX3": 5.0, "CUNIT3": "GHz"}
    assert read_header(write_fits(noise, **left_over)).frequency_hz == 1.4e9
    wave = {"RESTFRQ": None, "CTYPE3": "LAMBDA", "CRVAL3": 0.2}
    assert read_header(write_fits(noise, **wave)).frequency_hz == pytest.approx(299792458 / 0.2)
    velocity = {"CTYPE3": "VOPT", "CRVAL3": 1e5, "RESTFRQ": 2e9}
    assert read_header(write_fits(noise, **velocity)).frequency_hz == 2e9
    for card in ("RESTFRQ", "RESTFREQ", "FREQ", "OBSFREQ"):
        path = write_fits(noise, **{"RESTFRQ": None, card: 2e9})
        assert read_header(path).frequency_hz == 2e9
    with pytest.raises(ImageError, match="image.fits: .*RESTFRQ, RESTFREQ, FREQ"):
        read_header(write_fits(noise, RESTFRQ=None))
    with pytest.raises(ImageError, match="image.fits: .*RESTFRQ, RESTFREQ, FREQ"):
        read_header(write_fits(noise, RESTFRQ="1.4 GHz"))


@pytest.mark.parametrize("bits", [16, 32])
def test_integer_data_are_scaled_and_their_blank_is_nan(tmp_path, sky, bits):
    counts = np.random.default_rng(3).integers(-999, 999, (80, 100))
    counts[20, 30], counts[21, 31] = -32768, 0
    frame = {"SIMPLE": True, "BITPIX": bits, "NAXIS": 2, "NAXIS1": 100, "NAXIS2": 80}
    header = fits.Header({**frame, "BSCALE": 1e-6, "BZERO": 0.5, "BLANK": -32768})
    header.update(sky.cards(counts.shape))
    path = tmp_path / "image.fits"
    path.write_bytes(header.tostring().encode() + counts.astype(f">i{bits // 8}").tobytes() + bytes(2880))
    expected = counts[BOX.slices] * 1e-6 + 0.5
    expected[10, 10] = np.nan
    assert read_pixels(read_header(path), BOX) == pytest.approx(expected, nan_ok=True, rel=1e-6)


@pytest.fixture
def cube(tmp_path, sky):
    """A cube of 4 Stokes parameters and 3 channels with different pixels in each plane, and its array."""
    array = np.random.default_rng(7).normal(size=(3, 4, 20, 25)).astype(np.float32)
    cards = sky.cards((20, 25), n_axes=4, CTYPE3="STOKES", CRVAL3=4.0, CDELT3=-1.0)
    cards.update(CTYPE4="FREQ", CRVAL4=1e9, CDELT4=1e7)
    fits.PrimaryHDU(array, cards).writeto(tmp_path / "cube.fits")
    return tmp_path / "cube.fits", array


def test_of_a_cube_the_first_plane_of_stokes_i_is_read_or_the_one_that_is_named(cube):
    path, array = cube
    box = Box(2, 20, 3, 12)
    first = read_header(path)
    assert (first.plane.number, first.plane.count, first.frequency_hz) == (3, 12, 1e9)
    assert np.array_equal(read_pixels(first, box), array[0, 3][box.slices])
    named = read_header(path, plane=2 + 4 * 1)
    assert named.frequency_hz == 1.01e9
    assert np.array_equal(read_pixels(named, box), array[1, 2][box.slices])
    assert first.cards != named.cards
    with pytest.raises(ImageError, match=r"cube\.fits, column plane.*\b11\b.*\b12\b"):
        read_header(path, plane=12)


@pytest.mark.parametrize(("n_axes", "stokes"), [(4, 4.0), (4, 2.0), (2, 3.0)])
def test_other_stokes_parameters_are_refused_unless_asked_for(write_fits, noise, n_axes, stokes):
    path = write_fits(noise, n_axes=n_axes, CTYPE4="STOKES", CRVAL4=stokes)
    with pytest.raises(ImageError, match=rf"STOKES.*\b{'IQUV'[int(stokes) - 1]}\b.* column plane"):
        read_header(path)
    assert np.array_equal(read_pixels(read_header(path, plane=0), BOX), noise[BOX.slices])
    assert np.isfinite(sample_image(path, np.zeros(1), np.full(1, -30.0))).all()


@pytest.mark.parametrize("order", [(2, 3, 0, 1), (3, 2, 1, 0), (2, 0, 3, 1), (0, 2, 1, 3)])
def test_axes_may_come_in_any_order(tmp_path, sky, order):
    plain = sky.cards((20, 25), n_axes=4)
    array = np.random.default_rng(8).normal(size=(1, 1, 20, 25)).astype(np.float32)
    cards = fits.Header([(card, value) for card, value in plain.items() if not card[-1].isdigit()])
    for axis, old in enumerate(order, start=1):
        for name in ("CTYPE", "CRPIX", "CDELT", "CRVAL"):
            cards[f"{name}{axis}"] = plain[f"{name}{old + 1}"]
    # Axis 1 of FITS is the last one of numpy.
    moved = np.transpose(array, [3 - old for old in order[::-1]])
    fits.PrimaryHDU(moved, cards).writeto(tmp_path / "moved.fits")
    fits.PrimaryHDU(array, plain).writeto(tmp_path / "plain.fits")
    header, known = read_header(tmp_path / "moved.fits"), read_header(tmp_path / "plain.fits")
    ra, dec = known.coordinates.to_sky(np.array([3.0, 20.0]), np.array([12.0, 2.0]))
    x, y = header.coordinates.to_pixels(ra, dec)
    swapped = order.index(1) < order.index(0)
    here, there = ((y, x) if swapped else (x, y)), ([3, 20], [12, 2])
    assert np.array(here) == pytest.approx(np.array(there))
    rows, columns = header.shape
    pixels = read_pixels(header, Box(0, columns, 0, rows))
    assert np.array_equal(pixels.T if swapped else pixels, array[0, 0])


@pytest.mark.parametrize(
    ("cards", "complaint"),
    [
        ({"CTYPE1": "ELON-SIN", "CTYPE2": "ELAT-SIN"}, "cards CTYPE.* ELON-SIN, ELAT-SIN"),
        ({"CTYPE1": None, "CTYPE2": None}, "cards CTYPE.* None, None"),
        ({"CTYPE1": "RA---QQQ", "CTYPE2": "DEC--QQQ"}, "coordinates"),
        ({"RADESYS": "GAPPT"}, "card RADESYS.*ICRS, FK5, FK4, FK4-NO-E.*GAPPT"),
        ({"RADESYS": None, "EQUINOX": 0.0}, r"card EQUINOX.*\b0$"),
        ({"CDELT1": -1.0, "CDELT2": 1.0, "CRPIX1": -90.0}, "centre"),
    ],
)
def test_other_coordinates_are_refused(write_fits, noise, cards, complaint):
    with pytest.raises(ImageError, match=f"image.fits.*{complaint}"):
        read_header(write_fits(noise, **cards))


def test_a_file_that_is_not_an_image_is_an_error_that_names_it(tmp_path):
    (tmp_path / "text.fits").write_text("nothing of the kind" * 500)
    (tmp_path / "empty.fits").touch()
    (tmp_path / "folder.fits").mkdir()
    (tmp_path / "dangling.fits").symlink_to("nowhere")
    fits.BinTableHDU.from_columns([fits.Column("a", "E", array=[1])]).writeto(tmp_path / "table.fits")
    for name in ("text", "empty", "folder", "dangling", "table"):
        with pytest.raises(ImageError, match=rf"{name}\.fits: .*FITS image"):
            read_header(tmp_path / f"{name}.fits")


@pytest.mark.parametrize("name", ["image.fits", "image.fits.fz"])
def test_a_truncated_file_is_an_error_that_names_it(write_fits, noise, name):
    path = write_fits(noise, name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(ImageError, match=f"{name}: .*FITS image"):
        read_pixels(read_header(path), Box(0, 100, 0, 80))


def test_the_image_may_lie_in_an_extension(tmp_path, sky, noise):
    image = fits.ImageHDU(noise, sky.cards(noise.shape))
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(tmp_path / "second.fits")
    assert np.array_equal(read_pixels(read_header(tmp_path / "second.fits"), BOX), noise[BOX.slices])


READ_A_CORNER = """
import resource, sys
from radiofind.mosaics.images import read_header, read_pixels
from radiofind.mosaics.box import Box
small, big = map(read_header, sys.argv[1:])
read_pixels(small, Box(0, 50, 0, 50))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read_pixels(big, Box(9000, 9100, 9000, 9100))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("cards", [{"BITPIX": -32}, {"BITPIX": 16, "BSCALE": 1e-6, "BZERO": 1.0}])
def test_memory_does_not_grow_with_the_image_though_it_has_a_blank_card(tmp_path, sky, cards):
    paths = []
    for size in (100, 10_000):
        frame = {"SIMPLE": True, **cards, "NAXIS": 2, "NAXIS1": size, "NAXIS2": size, "BLANK": -1}
        header = fits.Header(frame)
        header.update(sky.cards((size, size)))
        paths.append(tmp_path / f"{size}.fits")
        with paths[-1].open("wb") as file:
            file.write(header.tostring().encode())
            file.truncate(file.tell() + size * size * abs(cards["BITPIX"]) // 8 // 2880 * 2880 + 2880)
    command = [sys.executable, "-c", READ_A_CORNER, *map(str, paths)]
    environment = {"PYTHONPATH": str(Path(radiofind.__file__).parents[1]), "HOME": "/"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert int(done.stdout) < 20_000  # kB; the image has 200 MB or 400 MB


def test_bilinear_is_the_mean_of_the_four_pixels_around():
    rng = np.random.default_rng(4)
    pixels = rng.normal(size=(20, 30))
    x = np.concatenate([rng.uniform(0, 29, 100), [0, 29, 29, 0, 5]])
    y = np.concatenate([rng.uniform(0, 19, 100), [0, 19, 0, 19, 7.5]])
    for value, column, row in zip(bilinear(pixels, x, y), x, y, strict=True):
        near = [
            (1 - abs(column - i)) * (1 - abs(row - j)) * pixels[j, i]
            for j in range(20)
            for i in range(30)
            if abs(column - i) < 1 and abs(row - j) < 1
        ]
        assert value == pytest.approx(sum(near))
    assert bilinear(np.array([[7.0]]), np.zeros(1), np.zeros(1)) == pytest.approx([7])


@pytest.mark.parametrize("n_axes", [2, 4])
def test_an_image_is_sampled_across_ra_0_and_nan_outside(write_fits, sky, n_axes):
    pixels = np.random.default_rng(5).normal(size=(40, 60)).astype(np.float32)
    path = write_fits(pixels, n_axes=n_axes, BMAJ=None, BMIN=None, RESTFRQ=None, BUNIT=None)
    x = np.array([30.5, 28.5, 0, 59, -0.4, 10.25, -0.6, 59.6, 20])
    y = np.array([20.5, 3.0, 0, 39, 5.0, 39.4, 10, 10, 39.6])
    ra, dec = WCS(sky.cards((40, 60))).pixel_to_world_values(x, y)
    assert ra[0] > 359 > 1 > ra[1]
    inside = [*bilinear(pixels, np.clip(x[:6], 0, 59), np.clip(y[:6], 0, 39))]
    assert sample_image(path, ra, dec) == pytest.approx([*inside, *[np.nan] * 3], nan_ok=True, abs=1e-5)
    behind = sample_image(path, np.array([180.0, np.nan]), np.array([30.0, 0.0]))
    assert np.isnan(behind).all()
    assert sample_image(path, np.zeros(0), np.zeros(0)).shape == (0,)


def test_without_a_primary_beam_it_is_one(write_fits):
    path = write_fits(np.full((9, 9), 0.5, dtype=np.float32))
    assert beam_sampler(path)(np.zeros(2), np.full(2, -30.0)) == pytest.approx([0.5, 0.5])
    assert beam_sampler(None)(np.zeros(2), np.zeros(2)).tolist() == [1, 1]


def test_cards_change_with_the_values_that_affect_detections_only(write_fits, noise):
    def cards(**changes):
        return read_header(write_fits(noise, **changes)).cards

    first = cards()
    harmless = {"DATE": "2026-01-01", "DATE-OBS": "2020-02-02", "MJD-OBS": 59000.5, "OBJECT": "field"}
    assert cards(**harmless, history=["made again"]) == first
    changes = [{"CRVAL1": 1e-4}, {"CRPIX2": 7.0}, {"CDELT1": -6e-4}, {"BMAJ": 3e-3}, {"BPA": 1.0}]
    changes += [{"RESTFRQ": 1.5e9}, {"BUNIT": "mJy/beam"}, {"RADESYS": "FK5"}]
    assert len({first, *(cards(**change) for change in changes)}) == len(changes) + 1


PIXEL = 2.0 / 3600
TURNED = {"CDELT1": None, "CDELT2": None, "CD1_1": -PIXEL * 0.8, "CD1_2": PIXEL * 0.6} | {
    "CD2_1": PIXEL * 0.6,
    "CD2_2": PIXEL * 0.8,
}
FRAMES = [
    {},
    {"CTYPE1": "RA---NCP", "CTYPE2": "DEC--NCP"},
    {"CTYPE1": "DEC--SIN", "CTYPE2": "RA---SIN", "CRVAL1": -30.0, "CRVAL2": 0.0},
    {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"},
    {"RADESYS": "FK4", "EQUINOX": 1950.0},
    {"CDELT1": PIXEL},
    TURNED,
    {"CDELT1": 1.0, "CDELT2": 1.0, "PC1_1": -PIXEL, "PC2_2": PIXEL},
    {"CDELT1": None, "CDELT2": None, "CD1_1": -PIXEL, "CD1_2": 1e-5, "CD2_1": 0.0, "CD2_2": PIXEL},
    {"CROTA2": 200.0},
]


@pytest.mark.parametrize("frame", FRAMES)
def test_a_tile_image_has_the_coordinates_of_the_mosaic(tmp_path, write_fits, noise, frame):
    header = read_header(write_fits(noise, n_axes=4, BMIN=1e-3, BPA=20.0, **frame), beam=None)
    path = tmp_path / "tile.fits"
    write_image({"only": noise[BOX.slices]}, path, header=header, box=BOX)
    cards = fits.getheader(path)
    assert abs(cards["CDELT1"]) == pytest.approx(PIXEL, rel=0.01)
    assert abs(cards["CDELT2"]) == pytest.approx(PIXEL, rel=0.01)
    assert ("PC1_2" in cards) == ("CD1_2" in frame or "CROTA2" in frame)
    tile = read_header(path)
    assert tile.frequency_hz == header.frequency_hz
    assert np.array_equal(read_pixels(tile, Box(0, 30, 0, 50)), noise[BOX.slices])
    beam = (tile.beam.major_arcsec, tile.beam.minor_arcsec, tile.beam.position_angle_deg)
    assert beam == pytest.approx((header.beam.major_arcsec, 3.6, 20))
    here = SkyCoord(*tile.coordinates.to_sky([0, 29], [0, 49]), unit="deg")
    there = SkyCoord(*header.coordinates.to_sky([20, 49], [10, 59]), unit="deg")
    assert np.all(here.separation(there) < 1e-6 * u.arcsec)


def test_planes_are_read_by_name(tmp_path, write_fits, noise):
    header = read_header(write_fits(noise))
    write_image({"MEAN": noise, "RMS": 2 * noise}, tmp_path / "n.fits", header=header, box=Box(0, 100, 0, 80))
    rms, mean = read_planes(tmp_path / "n.fits", "RMS", "MEAN")
    assert np.array_equal(rms, 2 * mean)
    assert rms.dtype == np.dtype("=f4")


@pytest.mark.parametrize(
    ("cards", "complaint"),
    [
        ({"CTYPE1": 3}, "FITS image"),
        ({"CTYPE1": "RA---TAB", "CTYPE2": "DEC--TAB"}, "coordinates"),
        ({"A_ORDER": 2, "B_ORDER": 2}, "card A_ORDER.*2$"),
        ({"A_ORDER": 100_000}, "card A_ORDER.*100000$"),
        ({"CPDIS1": "LOOKUP"}, "card CPDIS1.*LOOKUP$"),
        ({"CDELT1": 0.0}, ""),
        ({"BPA": "north"}, "card BPA.*north$"),
        ({"BMAJ": True}, "card BMAJ.*True$"),
        ({"RESTFRQ": "1.4 GHz"}, "RESTFRQ"),
    ],
)
def test_cards_of_the_wrong_kind_are_errors_that_name_them(write_fits, noise, cards, complaint):
    with pytest.raises(ImageError, match=f"image.fits.*{complaint}"):
        read_header(write_fits(noise, **cards))


@pytest.mark.parametrize(
    ("card", "value", "complaint"),
    [
        ("NAXIS1", "0", ""),
        ("NAXIS1", "-5", ""),
        ("NAXIS2", "'a'", ""),
        ("CRVAL1", "1E400", "cards CRVAL.*inf"),
        ("BMAJ", "1E400", "cards BMAJ and BMIN.*inf"),
        ("BPA", "1E400", "card BPA.*inf$"),
        ("RESTFRQ", "1E400", "card RESTFRQ.*inf$"),
        ("BMAJ", "1..5", "BMAJ"),
        ("BUNIT", "'unfinished", "BUNIT"),
    ],
)
def test_invalid_values_of_cards_are_errors_that_name_them(write_fits, noise, card, value, complaint):
    path = write_fits(noise)
    overwrite_card(path, card, value)
    with pytest.raises(ImageError, match=f"image.fits.*{complaint}"):
        read_header(path)


def test_an_equinox_that_the_images_of_tiles_could_not_have_is_an_error(write_fits, noise):
    path = write_fits(noise, RADESYS="FK5")
    overwrite_card(path, "EQUINOX", "1E400")
    with pytest.raises(ImageError, match="card EQUINOX"):
        read_header(path)


def test_an_invalid_card_with_an_older_name_is_an_error(write_fits, noise):
    path = write_fits(noise, RADESYS="FK5", EQUINOX=None, EPOCH=2000.0)
    overwrite_card(path, "EPOCH", "1E400")
    with pytest.raises(ImageError, match="card EQUINOX"):
        read_header(path)


def overwrite_card(path, card, value):
    """Write a value that astropy would refuse to write."""
    content = path.read_bytes()
    at = content.index(f"{card:<8}=".encode())
    path.write_bytes(content[:at] + f"{card:<8}= {value:>20}".ljust(80).encode() + content[at + 80 :])


def test_a_beam_in_the_history_that_is_not_a_number_is_an_error(write_fits, noise):
    none = dict.fromkeys(("BMAJ", "BMIN", "BPA"))
    path = write_fits(noise, history=["AIPS CLEAN BMAJ= x BMIN= 2 BPA= 3"], **none)
    with pytest.raises(ImageError, match=r"image\.fits, card HISTORY.*x, 2, 3"):
        read_header(path)


@pytest.mark.parametrize(
    ("start", "name"), [(b"PK\x03\x04", "zip"), (b"\x1f\x9d\x90", "compress"), (b"BZh9", "bzip2")]
)
def test_other_compressions_than_gzip_are_refused_and_not_unpacked(tmp_path, start, name):
    (tmp_path / "image.fits").write_bytes(start + bytes(9000))
    with pytest.raises(ImageError, match=rf"image\.fits.*{name}"):
        read_header(tmp_path / "image.fits")


def test_a_damaged_gz_file_ends(write_fits, noise):
    path = write_fits(noise)
    content = path.read_bytes().replace(b"SIMPLE  =  ", b"SIMPLE  = \x00", 1)
    path.write_bytes(gzip.compress(content.replace(b"END", b"EN ", 1)))
    with pytest.raises(ImageError, match="image.fits"):
        read_header(path)


def test_a_primary_beam_that_is_not_an_image_is_an_error(write_fits, noise):
    path = write_fits(noise, CTYPE1=3)
    with pytest.raises(ImageError, match="image.fits"):
        sample_image(path, np.zeros(1), np.zeros(1))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("in_extension", [False, True])
def test_more_axes_than_the_standard_allows_are_an_error_at_once(tmp_path, sky, noise, packed, in_extension):
    image = (fits.ImageHDU if in_extension else fits.PrimaryHDU)(noise, sky.cards(noise.shape))
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), image] if in_extension else [image]).writeto(stream)
    content = stream.getvalue().replace(b"NAXIS   =                    2", b"NAXIS   =           4294967296")
    (tmp_path / "image.fits").write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(ImageError, match=r"image\.fits.*card NAXIS.*4294967296"):
        read_header(tmp_path / "image.fits")


def packed_image(path, noise, sky, compression_type="RICE_1", **changes):
    """Write an image as fpack does, with changed numbers in some cards."""
    packed = fits.CompImageHDU(
        noise, sky.cards(noise.shape), compression_type=compression_type, quantize_method=1
    )
    fits.HDUList([fits.PrimaryHDU(), packed]).writeto(path)
    content = path.read_bytes()
    for card, value in changes.items():
        at = content.index(f"{card:<8}=".encode())
        content = content[:at] + f"{card:<8}= {value:>20}".ljust(80).encode() + content[at + 80 :]
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("compression_type", ["RICE_1", "GZIP_1", "GZIP_2"])
def test_the_usual_ways_of_fpack_are_read(tmp_path, noise, sky, compression_type):
    path = packed_image(tmp_path / "image.fits.fz", noise, sky, compression_type)
    assert read_pixels(read_header(path), BOX) == pytest.approx(noise[BOX.slices], abs=2e-5)


@pytest.mark.parametrize(
    ("compression_type", "changes", "complaint"),
    [
        ("HCOMPRESS_1", {}, "card ZCMPTYPE.*HCOMPRESS_1"),
        ("RICE_1", {"ZCMPTYPE": "'OWN'"}, ""),
        ("RICE_1", {"ZVAL2": -1}, "card ZVAL2.*BYTEPIX -1"),
        ("RICE_1", {"ZVAL1": 0}, "card ZVAL1.*BLOCKSIZE 0"),
        ("RICE_1", {"ZNAXIS2": 2147483647}, r"card NAXIS2.*2147483647.*\b80\b"),
        ("RICE_1", {"PCOUNT": 4294967296}, "card PCOUNT.*4294967296"),
        ("RICE_1", {"ZTILE2": 0}, ""),
    ],
)
def test_a_compressed_image_that_could_harm_the_program_is_an_error(
    tmp_path, noise, sky, compression_type, changes, complaint
):
    path = packed_image(tmp_path / "image.fits.fz", noise, sky, compression_type, **changes)
    with pytest.raises(ImageError, match=f"image.fits.fz.*(?:{complaint})"):
        read_header(path)
