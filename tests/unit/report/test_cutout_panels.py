"""Pictures of cutouts: which pixels are shown, on which scale, with what beside them."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from radiofind.report import cutout_figures
from radiofind.report.cutout_figures import mistakes_figure, perturbations_figure, reconstructions_figure
from unit.report.test_cutout_figures import mistake, views


def shown(draw, *args):
    """Return the panels that show something."""
    return [panel for panel in draw.__wrapped__(*args).axes if panel.images]


def labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def picture(image, rms):
    panel = Figure().subplots()
    cutout_figures._picture(panel, image, rms)
    return panel.images[0]


def test_each_mistake_is_shown_with_its_own_pixels_and_noise_and_north_up():
    images = [mistake().image, 2 * mistake().image]
    panels = shown(mistakes_figure, [mistake(image=images[0]), mistake(image=images[1], rms=3e-4)])
    for panel, image, rms in zip(panels, images, (1e-4, 3e-4), strict=True):
        assert np.array_equal(panel.images[0].get_array(), image)
        assert panel.images[0].origin == "lower"
        assert panel.images[0].norm.vmin == pytest.approx(-1.5 * rms)
        assert panel.images[0].norm.linear_width == pytest.approx(2 * rms)
        assert panel.images[0].norm.vmax == pytest.approx(image.max())


def test_panels_without_a_mistake_are_empty():
    figure = mistakes_figure.__wrapped__([mistake()] * 7)
    assert len(figure.axes) == 12 and not any(panel.axison for panel in figure.axes)


def test_titles_of_several_lines_have_room():
    plain, tall = mistake(), mistake(true="radio source of several words and lines")
    heights = [mistakes_figure.__wrapped__([one]).get_figheight() for one in (plain, tall)]
    assert heights[0] < heights[1]


def test_long_names_below_mistakes_are_their_first_line():
    figure = mistakes_figure.__wrapped__([mistake(name="J0001+0002 of the field of the north")])
    (text,) = figure.axes[0].texts
    assert "\n" not in text.get_text() and len(text.get_text()) <= 21


def test_the_greyscale_shows_noise_where_nothing_is_brighter():
    assert picture(np.full((4, 4), 1e-4), 1e-4).norm.vmax == pytest.approx(5e-4)
    assert picture(np.zeros((4, 4)), np.nan).norm.vmax == 1


@pytest.mark.parametrize("rms", [np.nan, 0.0, -1.0, np.inf])
def test_noise_that_is_not_known_is_a_part_of_the_peak(rms):
    norm = picture(np.eye(4), rms).norm
    assert (norm.vmin, norm.linear_width) == (pytest.approx(-0.03), pytest.approx(0.04))
    below = picture(-np.ones((4, 4)), rms).norm
    assert below.vmin < 0 < below.vmax


def test_blank_pixels_do_not_hide_the_others():
    image = np.eye(4)
    image[0, 1] = np.nan
    assert picture(image, 0.01).norm.vmax == 1


def test_a_reconstruction_stands_below_its_cutout_on_its_scale():
    many = views(3)
    many = replace(many, image=many.image * np.array([1, 5, 9])[:, None, None])
    for place, panel in enumerate(shown(reconstructions_figure, many)):
        drawn = np.asarray(panel.images[0].get_array().filled(np.nan))
        np.testing.assert_allclose(drawn[:8, :8], many.image[place, ::-1])
        np.testing.assert_allclose(drawn[9:17, :8], many.reconstruction[place, ::-1])
        norm = panel.images[0].norm
        assert (norm.vmin, norm.vmax) == (many.image[place].min(), many.image[place].max())


def test_reconstructions_of_ten_cutouts_take_two_rows():
    figure = reconstructions_figure.__wrapped__(views(10))
    assert len(figure.axes) == 18 and len([panel for panel in figure.axes if panel.images]) == 10


def test_an_answer_stands_below_the_class_only_where_it_is_wrong():
    told = [panel.get_title() for panel in shown(reconstructions_figure, views(2))]
    assert told == ["compact", "FRI\n→ compact"]


def test_perturbations_are_those_of_the_chosen_cutout_and_its_longest_capsule():
    many = replace(views(3, 2), predicted=np.array([0, 0, 1]), perturbed_of=np.array([0, 2]))
    (panel,) = shown(perturbations_figure, many, 1)
    drawn = panel.images[0].get_array().filled(np.nan)
    for dimension in range(4):
        for step in range(3):
            rows, columns = np.s_[9 * dimension : 9 * dimension + 8], np.s_[9 * step : 9 * step + 8]
            np.testing.assert_allclose(drawn[rows, columns], many.perturbed[1, dimension, step, ::-1])
    assert panel.get_title() == "Capsule of FRI"
    norm = panel.images[0].norm
    assert (norm.vmin, norm.vmax) == (many.perturbed[1].min(), many.perturbed[1].max())


def test_steps_and_dimensions_stand_at_the_middle_of_their_pictures():
    (panel,) = shown(perturbations_figure, views(), 0)
    np.testing.assert_allclose(panel.get_xticks(), [4.5, 13.5, 22.5])
    np.testing.assert_allclose(panel.get_yticks(), [4.5, 13.5, 22.5, 31.5])
    assert labels(panel.xaxis) == ["-0.25", "+0.00", "+0.25"] and labels(panel.yaxis) == list("1234")


def test_gaps_between_pictures_are_blank():
    mosaic = cutout_figures._mosaic(np.ones((2, 3, 4, 5)))
    assert mosaic.shape == (2 * 5, 3 * 6)
    assert np.isnan(mosaic[4::5]).all() and np.isnan(mosaic[:, 5::6]).all()
    assert np.isfinite(mosaic[:4, :5]).all()


def test_a_greyscale_of_one_value_is_one():
    norm = cutout_figures._linear(np.full((2, 2), 3.0))
    assert (norm.vmin, norm.vmax) == (3, 4)


def test_names_are_cut_where_they_are_too_long():
    lines = cutout_figures._lines
    assert lines("a" * 21) == ["a" * 21] and lines("") == [""]
    assert lines("a" * 42) == ["a" * 21, "a" * 21]
    assert lines("a" * 43) == ["a" * 21, "a" * 20 + "…"]
    assert lines("of many words " * 5)[-1].endswith("…")
    assert lines("b" * 40, "→ {}", width=15) == ["→ " + "b" * 13, "b" * 12 + "…"]
