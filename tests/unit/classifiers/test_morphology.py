"""The rule that tells FRI from FRII, on painted sources whose peaks and ends are known."""

from dataclasses import replace

import numpy as np
import pytest

from radiofind.classifiers.masking import mask_cutout
from radiofind.classifiers.morphology import class_of, measure_morphology

PIXEL = 1.5
"""Arcsec, and four of them are the FWHM of the beam, as in LoTSS; so lengths in pixels are those of the
papers."""
BEAM = 6.0
SIDE = 121
MIDDLE = 60.0
RMS = 1e-3


def paint(*blobs, angle=0.0):
    """Beams of given peak at given distances along a line through the middle, and across it."""
    row, column = np.indices((SIDE, SIDE)) - MIDDLE
    image = np.zeros((SIDE, SIDE))
    for along, across, peak in blobs:
        x = along * np.cos(angle) - across * np.sin(angle)
        y = along * np.sin(angle) + across * np.cos(angle)
        image += peak * np.exp(-4 * np.log(2) / 16 * ((column - x) ** 2 + (row - y) ** 2))
    return image


def jets(ends, *, angle=0.0, core=0.02):
    """A bridge of equal beams from one end to the other."""
    return [(along, 0, core) for along in np.arange(-ends[0], ends[1] + 1, 2.0)]


def measure(image, *, host=(MIDDLE, MIDDLE), rms=RMS):
    """Mask, then measure."""
    row, column = np.indices(image.shape)
    footprint = np.hypot(row - MIDDLE, column - MIDDLE) < 50
    masked = mask_cutout(image.astype(np.float32), rms, host=host, footprint=footprint)
    return measure_morphology(masked, host=host, pixel_arcsec=PIXEL, beam_arcsec=BEAM)


def end_of(peak, *, threshold=4 * RMS):
    """How far from its centre a lone beam is above the threshold, in pixels."""
    return np.sqrt(np.log(peak / threshold) * 16 / (4 * np.log(2)))


def noise(seed):
    """Noise correlated as the beam."""
    rng = np.random.default_rng(seed)
    kernel = paint((0, 0, 1))
    smooth = np.fft.ifft2(np.fft.fft2(rng.normal(size=kernel.shape)) * np.fft.fft2(kernel)).real
    return smooth * RMS / smooth.std()


@pytest.mark.parametrize("angle", [0.0, 0.5, np.pi / 2, 2.5, 4.0])
def test_peaks_and_ends_of_a_double_are_where_they_were_painted(angle):
    shape = measure(paint((25, 0, 0.1), (-18, 0, 0.05), angle=angle))
    lengths = np.array([shape.d1, shape.d2, shape.max1, shape.max2]) / PIXEL
    expected = [25, 18, 25 + end_of(0.1), 18 + end_of(0.05)]
    assert lengths == pytest.approx(expected, abs=1.0)
    assert shape.extent_arcsec / PIXEL == pytest.approx(43 + end_of(0.1) + end_of(0.05), abs=1.5)
    assert shape.size_arcsec == pytest.approx(np.sqrt(shape.extent_arcsec**2 - 36))
    assert (shape.core_bright, shape.reaches_edge) == (False, False)
    assert class_of(shape) == "FRII"


def test_measures_on_a_lattice_are_exact():
    masked = np.zeros((15, 15))
    masked[7, 2:13] = [3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2]
    masked[8, 2] = 1
    shape = measure_morphology(masked, host=(7, 7), pixel_arcsec=2.0, beam_arcsec=4.0)
    assert (shape.d1, shape.d2, shape.max2) == (10.0, 10.0, 10.0)
    assert shape.max1 == pytest.approx(2 * np.hypot(5, 1))
    assert shape.extent_arcsec == pytest.approx(2 * np.hypot(10, 1))
    assert shape.n_valid == 12
    assert shape.total_flux == pytest.approx(16 / (np.pi / (4 * np.log(2)) * 4))


def test_a_peak_is_what_is_bright_with_its_neighbours():
    masked = np.zeros((21, 21))
    masked[10, 2:19] = 1.0
    masked[10, 16] = 2.0  # alone: 2 + 2 / 4
    masked[9:12, 4] = masked[10, 3:6] = 1.8  # with its neighbours: 1.8 + 4 * 1.8 / 4
    shape = measure_morphology(masked, host=(10, 10), pixel_arcsec=1.0, beam_arcsec=4.0)
    assert (shape.d1, shape.d2) == (6.0, 6.0)
    assert shape.max1 == 8.0
    masked[10, 16] = 3.0
    second = measure_morphology(masked, host=(9, 10), pixel_arcsec=1.0, beam_arcsec=4.0)
    assert (second.d1, second.d2) == (5.0, 7.0)


@pytest.mark.parametrize(("noisy", "seeds"), [(False, [0]), (True, range(20))])
@pytest.mark.parametrize(
    ("blobs", "expected"),
    [
        ([(0, 0, 0.05)], "unresolved"),
        ([(0, 0, 3.0)], "unresolved"),  # above 4 rms as far as nine pixels across
        ([(25, 0, 0.1), (-25, 0, 0.06), *jets((20, 20), core=0.006)], "FRII"),
        ([(8, 0, 0.1), (-8, 0, 0.08), *jets((34, 34), core=0.012)], "FRI"),
        ([(0, 0, 0.2), *jets((34, 34), core=0.012)], "FRI"),
        ([(28, 0, 0.1), (-8, 0, 0.06), *jets((34, 30), core=0.012)], "hybrid"),
        ([(8, 0, 0.1), (-28, 0, 0.06), *jets((30, 34), core=0.012)], "hybrid"),
        ([(6, 0, 0.05), (-6, 0, 0.04)], "small"),
        ([(62, 0, 0.1), (-62, 0, 0.06), *jets((60, 60), core=0.012)], "cut"),
    ],
)
def test_painted_sources_are_of_their_class(blobs, expected, noisy, seeds):
    angles = np.random.default_rng(3).uniform(-0.3, 0.3, len(seeds))
    found = [
        class_of(measure(paint(*blobs, angle=angle) + noisy * noise(seed)))
        for seed, angle in zip(seeds, angles, strict=True)
    ]
    assert np.mean([name == expected for name in found]) >= 0.9


@pytest.mark.parametrize("seed", range(5))
def test_noise_moves_peaks_and_ends_by_little(seed):
    clean = paint((25, 0, 0.1), (-18, 0, 0.05), *jets((20, 15), core=0.01))
    before, after = measure(clean), measure(clean + noise(seed))
    for name in ("d1", "d2", "max1", "max2"):
        assert getattr(after, name) == pytest.approx(getattr(before, name), abs=2.5 * PIXEL)


def test_a_core_bright_source_looks_for_its_jets_beyond_the_core():
    shape = measure(paint((0, 0, 0.2), (20, 0, 0.05), (-14, 0, 0.04), *jets((14, 20), core=0.008)))
    assert shape.core_bright
    assert (shape.d1 / PIXEL, shape.d2 / PIXEL) == pytest.approx((20, 14), abs=1.0)
    assert class_of(shape) == "FRI"


@pytest.mark.parametrize(("shift", "expected"), [(2.9, True), (3.0, False)])
def test_a_peak_less_than_three_pixels_from_the_host_is_its_core(shift, expected):
    image = paint((0, 0, 0.2), *jets((34, 34), core=0.012))
    assert measure(image, host=(MIDDLE + shift, MIDDLE)).core_bright == expected


def points(*places):
    """Pixels x, y, value around a host at (10, 10), measured with a beam of four pixels."""
    masked = np.zeros((21, 21))
    for x, y, value in places:
        masked[y, x] = value
    return measure_morphology(masked, host=(10, 10), pixel_arcsec=1.0, beam_arcsec=4.0)


@pytest.mark.parametrize(
    "nearer",
    [
        (8, 10, 2.0),  # less than 3 pixels from the host
        (11, 14, 2.0),  # less than 6 pixels from the first peak
        (16, 3, 2.0),  # less than 60 deg from the first peak
    ],
)
def test_the_second_peak_is_apart_from_host_and_first_peak(nearer):
    first, second = ((14, 10, 3.0), (4, 10, 1.0)) if nearer[0] < 16 else ((18, 10, 3.0), (4, 10, 1.0))
    assert points(first, second, nearer).d2 == 6.0


def test_the_first_side_of_a_bright_core_is_all_that_faces_its_peak():
    beside = (20 * np.cos(np.deg2rad(75)), 20 * np.sin(np.deg2rad(75)), 0.045)
    jet = paint((20, 0, 0.06), beside, (-14, 0, 0.03), *jets((14, 20), core=0.005))
    with_core, without = (measure(jet + paint((0, 0, peak))) for peak in (0.2, 0.0))
    assert (with_core.core_bright, without.core_bright) == (True, False)
    assert with_core.d2 / PIXEL == pytest.approx(14, abs=1.0)
    assert without.d2 / PIXEL == pytest.approx(20, abs=1.0)


def test_a_core_of_a_short_source_is_its_peak():
    shape = measure(paint((0, 0, 0.05)), host=(MIDDLE + 2.5, MIDDLE))
    assert shape.core_bright
    assert shape.d1 / PIXEL == pytest.approx(2.5)


def test_no_peak_is_on_the_edge_of_the_cutout():
    shape = points(*((x, 10, 1.0) for x in range(12, 20)), (20, 10, 9.0))
    assert (shape.d1, shape.max1, shape.reaches_edge) == (9.0, 10.0, True)


def test_a_host_beside_the_core_changes_sides_but_not_positions():
    image = paint((25, 0, 0.1), (-18, 0, 0.05))
    shape = measure(image, host=(MIDDLE + 5, MIDDLE))
    assert (shape.d1 / PIXEL, shape.d2 / PIXEL) == pytest.approx((20, 23), abs=0.1)


def test_a_source_with_one_side_is_never_frii():
    shape = measure(paint(*((along, 0, 0.01 + along * 1e-3) for along in np.arange(6, 41, 2.0))))
    assert (shape.d2, shape.max2) == (0.0, 0.0)
    assert shape.d1 > shape.max1 / 2
    assert class_of(shape) == "hybrid"
    darkened = paint(*((along, 0, 0.06 - along * 1e-3) for along in np.arange(8, 41, 2.0)))
    assert class_of(measure(darkened)) == "FRI"


def test_an_empty_mask_is_faint_and_so_is_too_little_flux():
    none = measure(np.zeros((SIDE, SIDE)))
    assert (none.d1, none.max2, none.n_valid, none.total_flux) == (0.0, 0.0, 0, 0.0)
    assert class_of(none) == "faint"
    shape = measure(paint((0, 0, 0.05)))
    assert shape.total_flux == pytest.approx(0.05, rel=0.2)
    assert class_of(shape) == class_of(shape, least_flux=0.03) == "unresolved"
    assert class_of(shape, least_flux=0.06) == "faint"
    assert class_of(replace(shape, n_valid=4)) == "faint"


FRII_SHAPE = {
    "d1": 60.0,
    "d2": 60.0,
    "max1": 90.0,
    "max2": 90.0,
    "extent_arcsec": 180.0,
    "size_arcsec": 180.0,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "FRII"),
        ({"d1": 45.0}, "FRII"),  # on the line: outer on side 1, inner on side 2
        ({"d2": 45.0}, "hybrid"),
        ({"d1": 44.0}, "hybrid"),
        ({"d1": 44.0, "d2": 45.0}, "FRI"),
        ({"core_bright": True}, "FRI"),
        ({"max1": 11.9}, "unresolved"),
        ({"max1": 12.0}, "FRII"),
        ({"core_bright": True, "extent_arcsec": 11.9}, "unresolved"),
        ({"reaches_edge": True}, "cut"),
        ({"reaches_edge": True, "n_valid": 3}, "faint"),
        ({"size_arcsec": 26.9}, "small"),
        ({"size_arcsec": 27.1}, "FRII"),
        ({"d1": 15.0, "d2": 14.9, "size_arcsec": 39.9}, "small"),
        ({"d1": 15.0, "d2": 15.1, "size_arcsec": 39.9}, "FRI"),
        ({"d1": 15.0, "d2": 14.9, "size_arcsec": 40.1}, "FRI"),
    ],
)
def test_each_rule_holds_to_its_limit(changes, expected):
    shape = replace(measure(paint((0, 0, 0.05))), core_bright=False)
    assert class_of(replace(shape, **{**FRII_SHAPE, **changes})) == expected


@pytest.mark.parametrize(("beam", "expected"), [(6, "FRII"), (27, "FRII"), (28, "small"), (46, "unresolved")])
def test_lengths_count_in_beams(beam, expected):
    shape = replace(measure(paint((0, 0, 0.05))), **FRII_SHAPE, core_bright=False)
    assert class_of(replace(shape, beam_arcsec=beam)) == expected


def test_the_largest_extent_is_that_of_all_pairs():
    rng = np.random.default_rng(4)
    masked = (rng.uniform(size=(20, 24)) > 0.9).astype(float)
    row, column = np.nonzero(masked)
    slow = max(np.hypot(r - row, c - column).max() for r, c in zip(row, column, strict=True))
    shape = measure_morphology(masked, host=(12, 10), pixel_arcsec=1.0, beam_arcsec=3.0)
    assert shape.extent_arcsec == pytest.approx(slow)
