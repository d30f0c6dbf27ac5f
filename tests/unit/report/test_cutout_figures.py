"""Pictures of cutouts."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from radiofind.classifiers.capsule_views import (
    CapsuleViews,
    no_views,
    read_capsule_views,
    write_capsule_views,
)
from radiofind.report.cutout_figures import (
    Mistake,
    mistakes_figure,
    perturbations_figure,
    reconstructions_figure,
)
from unit.report.test_figures import n_texts

LONG = "multiple-component extended radio source of no kind at all"


def mistake(**other):
    image = np.random.default_rng(1).normal(0, 1e-4, (16, 16)) + 5e-3 * np.eye(16)
    told = {"name": "J0001", "true": "FRI", "predicted": "bent", "probability": 0.876}
    return Mistake(**({"image": image, "rms": 1e-4} | told | other))


def views(n=3, n_perturbed=1):
    rng = np.random.default_rng(2)
    image = rng.random((n, 8, 8)).astype("float32")
    return CapsuleViews(
        classes=("compact", "FRI"),
        image=image,
        reconstruction=image / 2,
        label=np.arange(n) % 2,
        predicted=np.zeros(n, int),
        perturbed=rng.random((n_perturbed, 4, 3, 8, 8)).astype("float32"),
        perturbed_of=np.arange(n_perturbed),
        steps=np.array([-0.25, 0, 0.25]),
    )


def all_figures():
    return [
        mistakes_figure([mistake(), mistake(true="compact")]),
        reconstructions_figure(views()),
        perturbations_figure(views(), 0),
    ]


def test_same_data_give_the_same_bytes():
    figures = all_figures()
    assert figures == all_figures()
    for svg in figures:
        assert ET.fromstring(svg).tag.endswith("svg") and "<dc:date>" not in svg


def test_mistakes_tell_class_answer_probability_and_name():
    svg = mistakes_figure([mistake(), mistake(name="$J_2$", true="compact")])
    for text, number in (("FRI", 1), ("compact", 1), ("→ bent 0.88", 2), ("J0001", 1), ("$J_2$", 1)):
        assert n_texts(svg, text) == number


def test_long_names_over_mistakes_are_cut():
    svg = mistakes_figure([mistake(true=LONG, predicted=LONG, name=LONG.replace(" ", "_"))])
    texts = re.findall("<!-- (.*) -->", svg)
    assert max(map(len, texts)) <= 27 and len(texts) <= 5
    assert sum("…" in text for text in texts) >= 2


@pytest.mark.parametrize(
    ("image", "rms"),
    [(np.zeros((8, 8)), np.nan), (np.eye(8), np.nan), (np.eye(8), 0.0), (-np.ones((8, 8)), 1e-3)],
)
def test_odd_images_are_drawn(image, rms):
    assert n_texts(mistakes_figure([mistake(image=image, rms=rms)]), "→ bent 0.88") == 1


def test_every_mistake_has_its_picture():
    svg = mistakes_figure([mistake() for _ in range(8)])
    assert svg.count("<image") == 8 and n_texts(svg, "FRI") == 8


def test_pictures_show_the_pixels_of_the_cutout():
    other = mistake().image.copy()
    other[3, 4] += 1e-2
    assert mistakes_figure([mistake()]) != mistakes_figure([mistake(image=other)])


def test_wrong_class_stands_over_a_reconstruction():
    svg = reconstructions_figure(views(3))
    assert svg.count("<image") == 3
    assert n_texts(svg, "compact") == 2 and n_texts(svg, "FRI") == 1 and n_texts(svg, "→ compact") == 1


def test_reconstructions_are_drawn_on_the_scale_of_their_cutout():
    bright = views()
    assert reconstructions_figure(bright) != reconstructions_figure(
        replace(bright, reconstruction=2 * bright.reconstruction)
    )


def test_perturbations_name_steps_and_dimensions():
    svg = perturbations_figure(views(), 0)
    for text in ("-0.25", "+0.00", "+0.25", "1", "4", "Capsule of compact"):
        assert n_texts(svg, text) == 1
    assert svg.count("<image") == 1


@pytest.mark.parametrize("written", [views(), views(2, 2), no_views(("a", "b"))])
def test_views_are_read_as_they_were_written(tmp_path, written):
    write_capsule_views(written, tmp_path / "capsules.h5")
    found = read_capsule_views(tmp_path / "capsules.h5")
    assert found.classes == written.classes
    for name in ("image", "reconstruction", "label", "predicted", "perturbed", "perturbed_of", "steps"):
        np.testing.assert_array_equal(getattr(found, name), getattr(written, name))
    assert [path.name for path in tmp_path.iterdir()] == ["capsules.h5"]


def test_views_are_the_same_bytes_when_written_again(tmp_path):
    for name in ("1.h5", "2.h5"):
        write_capsule_views(views(), tmp_path / name)
    assert (tmp_path / "1.h5").read_bytes() == (tmp_path / "2.h5").read_bytes()
