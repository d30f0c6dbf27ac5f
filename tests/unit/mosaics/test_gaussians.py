"""Axes and angles become covariances and back again; deconvolution reverses convolution."""

import numpy as np
import pytest

from radiofind.mosaics.gaussians import (
    FWHM,
    beam_covariance,
    covariance_of,
    deconvolve,
    ellipse_changes,
    ellipse_errors,
    ellipse_of,
    gaussians,
    growth,
)
from radiofind.mosaics.images import Beam

BEAM = beam_covariance(Beam(6.0, 4.0, 25.0))


def test_axes_and_angle_come_back():
    rng = np.random.default_rng(1)
    minor = rng.uniform(1, 5, 200)
    major, angle = minor + rng.uniform(0.1, 9, 200), rng.uniform(0, 180, 200)
    for expected, received in zip(
        (major, minor, angle), ellipse_of(covariance_of(major, minor, angle)), strict=True
    ):
        assert received == pytest.approx(expected)


def test_the_angle_runs_from_north_through_east():
    (east_east, east_north), (_, north_north) = covariance_of(4.0, 2.0, 0.0) * FWHM**2
    assert (east_east, east_north, north_north) == pytest.approx((4, 0, 16))
    assert covariance_of(4.0, 2.0, 90.0)[0, 0] * FWHM**2 == pytest.approx(16)
    assert covariance_of(4.0, 2.0, 45.0)[0, 1] > 0


def test_errors_of_an_ellipse_come_back():
    rng = np.random.default_rng(3)
    minor = rng.uniform(1, 5, 200)
    ellipse = np.column_stack([minor + rng.uniform(0.1, 9, 200), minor, rng.uniform(0, 180, 200)])
    errors = rng.uniform(0.01, 0.5, (200, 3))
    received = ellipse_errors(covariance_of(*ellipse.T), ellipse_changes(ellipse, errors))
    assert np.column_stack(received) == pytest.approx(errors)


def test_errors_of_an_ellipse_are_the_scatter_under_small_changes():
    rng = np.random.default_rng(4)
    shape, changes = covariance_of(9.0, 5.0, 70.0), rng.normal(0, 0.03, (3, 2, 2))
    changes += np.swapaxes(changes, 1, 2)
    drawn = shape + np.einsum("dk,kij->dij", rng.normal(size=(20000, 3)), changes)
    scatter = [values.std() for values in ellipse_of(drawn)]
    errors = np.ravel(ellipse_errors(shape[np.newaxis], changes[np.newaxis]))
    assert errors == pytest.approx(scatter, rel=0.03)


def test_the_angle_of_a_round_source_is_unknown():
    changes = ellipse_changes(np.array([[5.0, 5.0, 0.0]]), np.array([[0.1, 0.2, 300.0]]))
    assert np.ravel(ellipse_errors(covariance_of(5.0, 5.0, 0.0)[np.newaxis], changes))[2] == 90


def test_deconvolution_reverses_convolution():
    rng = np.random.default_rng(2)
    minor = rng.uniform(0.5, 5, 200)
    major, angle = minor + rng.uniform(0.1, 9, 200), rng.uniform(0, 180, 200)
    observed = covariance_of(major, minor, angle) + BEAM
    for expected, received in zip((major, minor, angle), deconvolve(observed, BEAM), strict=True):
        assert received == pytest.approx(expected)


def test_a_round_beam_is_subtracted_in_quadrature():
    major, minor, angle = deconvolve(
        covariance_of(5.0, 13.0 / 12 * 4, 70.0), beam_covariance(Beam(4.0, 4.0, 0.0))
    )
    assert (major, minor, angle) == pytest.approx((3, 4 * 5 / 12, 70))


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_a_source_not_wider_than_the_beam_has_no_size(scale):
    assert np.isnan(deconvolve(BEAM * scale, BEAM)).all()


def test_a_source_wider_in_one_direction_is_a_line():
    observed = covariance_of(10.0, 3.0, 25.0)
    major, minor, angle = deconvolve(observed, BEAM)
    assert (major, minor, angle) == pytest.approx((8, 0, 25), abs=1e-6)


def test_derivatives_are_those_of_small_steps():
    offset = np.random.default_rng(3).normal(size=(50, 2)) * 2
    parameters = np.array([[2.0, 0.3, -0.4, 2.5, 1.5, 0.6], [1.0, 0.0, 0.0, 1.0, 1.0, 0.0]])
    _, slopes = gaussians(parameters, offset)
    for number, step in enumerate(np.eye(6) * 1e-5):
        rise = gaussians(parameters + step, offset)[0] - gaussians(parameters - step, offset)[0]
        assert slopes[:, number] == pytest.approx(rise / 2e-5, abs=1e-8)


def test_growth_is_the_ratio_of_areas():
    major, minor = np.array([3.0, 1.0]), np.array([2.0, 1.0])
    shape = (covariance_of(major, minor, 30.0) * FWHM**2)[:, [0, 1, 0], [0, 1, 1]]
    ratio, slope = growth(shape)
    assert ratio == pytest.approx(major * minor)
    rise = [np.log(growth(shape + step)[0] / growth(shape - step)[0]) / 2e-5 for step in np.eye(3) * 1e-5]
    assert slope == pytest.approx(np.transpose(rise), abs=1e-8)
