import errno
from pathlib import Path

import pytest

from radiofind.mosaics.images import ImageSource
from radiofind.workflow.config.boxes import check_boxes, check_training_sets
from radiofind.workflow.config.inputs import read_inputs
from radiofind.workflow.config.sheet import Mosaic, SheetError

REPOSITORY = Path(__file__).parents[4]
SIMULATIONS = {"small": {"size_pixels": 300}}
NETWORK = {"kind": "convosource", "model": None}
COMBINED = {"kind": "combined", "of": ["peaks"], "model": None}
TRAINED = {"model": "other.keras"}
PEAKS = {"kind": "peaks"}
BOXES = {"train_box": "0:100,0:300", "validation_box": "100:200,0:300"}


def row(name, *, line=2, training_set=None, **cells):
    return Mosaic(mosaic=name, image="none.fits", training_set=training_set or name, line=line, **cells)


def simulated(**cells):
    return Mosaic(mosaic="a", image="none.fits", simulate="small", line=4, **cells)


def check(mosaic, **finders):
    check_boxes([mosaic], simulations=SIMULATIONS, sheet="sheet.tsv", finders=finders)


def check_sets(*mosaics, **finders):
    check_training_sets(mosaics, finders=finders, sheet="sheet.tsv")


@pytest.mark.parametrize("box", ["0:300,0:300", "all", "0:100,50:300", None])
def test_a_box_on_the_mosaic_is_accepted(box):
    check(simulated(train_box=box))


@pytest.mark.parametrize(
    ("box", "received"), [("0:301,0:300", "within 0:300,0:300"), ("100:120,0:300", "100:120,0:300")]
)
def test_a_wrong_box_is_told_with_file_line_and_column(box, received):
    with pytest.raises(SheetError, match="sheet.tsv, line 4, column validation_box: expected a box") as told:
        check(simulated(validation_box=box))
    assert received in str(told.value)


def test_the_size_of_a_real_image_counts(tmp_path):
    from astropy.io import fits

    path = tmp_path / "image.fits"
    cards = {"CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN", "CDELT1": -1e-3, "CDELT2": 1e-3, "BMAJ": 3e-3}
    image = fits.PrimaryHDU([[0.0] * 60] * 40, fits.Header({**cards, "RESTFRQ": 1e9}))
    image.writeto(path)
    check(Mosaic(mosaic="a", image=str(path), train_box="0:60,0:40"))
    with pytest.raises(SheetError, match="within 0:60,0:40"):
        check(Mosaic(mosaic="a", image=str(path), train_box="0:40,0:60"))


def test_an_unreadable_image_is_left_to_the_run(tmp_path):
    check(Mosaic(mosaic="a", image=str(tmp_path / "none.fits"), train_box="0:60,0:40"))


def test_a_disk_that_fails_is_left_to_the_run(monkeypatch):
    def fail(*_arguments, **_options):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(ImageSource, "read_header", fail)
    check(Mosaic(mosaic="a", image="a.fits", train_box="0:60,0:40"))


def test_a_box_for_a_network_must_hold_a_patch_after_its_gap():
    narrow = simulated(train_box="0:62,0:300")
    check(narrow)
    check(narrow, peaks=PEAKS, network=NETWORK | TRAINED, both=COMBINED)
    with pytest.raises(SheetError, match="line 4, column train_box: expected a box of at least 50 x 50"):
        check(narrow, network=NETWORK)
    check(simulated(train_box="0:63,0:300"), network=NETWORK)


def test_a_training_set_with_truth_and_boxes_in_one_mosaic_is_accepted():
    learner = row("a", truth="truth.txt", **BOXES)
    check_sets(learner, row("b", training_set="a"), network=NETWORK, both=COMBINED)
    check_sets(row("c", truth="truth.txt", validation_box="all"), both=COMBINED)


def test_finders_that_do_not_learn_need_no_boxes():
    check_sets(row("a"), peaks=PEAKS, network=NETWORK | TRAINED, both=COMBINED | TRAINED)


def test_train_and_validation_box_may_lie_in_different_mosaics():
    train, validation = ({column: BOXES[column], "truth": "truth.txt"} for column in BOXES)
    check_sets(row("a", **train), row("b", training_set="a", **validation), network=NETWORK, both=COMBINED)


@pytest.mark.parametrize(
    ("cells", "lack"),
    [
        ({}, "train_box and validation_box"),
        (BOXES, "train_box and validation_box"),
        ({"truth": "truth.txt", "train_box": "all"}, "validation_box"),
        ({"truth": "truth.txt", "validation_box": "all"}, "train_box"),
    ],
)
def test_a_network_without_anything_to_learn_from_is_told_with_what_to_do(cells, lack):
    good = row("a", truth="truth.txt", **BOXES)
    with pytest.raises(SheetError, match="sheet.tsv, line 7, column training_set: expected .*") as told:
        check_sets(good, row("b", line=7, **cells), network=NETWORK)
    assert f"received b without {lack} in a mosaic" in str(told.value)
    for way in ("finders.network.model", "leave network out of find_with"):
        assert way in str(told.value)


def test_a_box_of_a_mosaic_without_truth_teaches_nothing():
    rows = [row("a", line=5, **BOXES), row("b", training_set="a", truth="truth.txt", train_box="all")]
    with pytest.raises(SheetError, match="line 5, .*received a without validation_box in"):
        check_sets(*rows, network=NETWORK)


def test_each_finder_and_each_training_set_is_told():
    with pytest.raises(SheetError) as told:
        check_sets(row("a"), row("b"), network=NETWORK, both=COMBINED)
    assert [line.split("train ")[1].split(",")[0] for line in str(told.value).splitlines()] == [
        "network",
        "both",
        "network",
        "both",
    ]


@pytest.mark.parametrize(
    ("cells", "find_with", "told"),
    [
        ("0:100,0:300\t100:200,0:300", ["peaks", "network"], None),
        ("0:100,0:300\t", ["peaks", "network"], "column training_set: .*m without validation_box in"),
        (
            "0:50,0:300\t100:200,0:300",
            ["peaks", "network"],
            "column train_box: expected .* at least 50",
        ),
        ("0:50,0:300\t", ["peaks"], None),
    ],
)
def test_sheet_and_configuration_are_checked_together(tmp_path, monkeypatch, cells, find_with, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.tsv").write_text(f"mosaic\tsimulate\ttrain_box\tvalidation_box\nm\ts\t{cells}\n")
    config = {
        "mosaics": "m.tsv",
        "finders": {"peaks": PEAKS, "network": NETWORK},
        "find_with": find_with,
        "simulations": {"s": {"size_pixels": 300, "frequency_mhz": 560, "exposure_h": 8, "seed": 1}},
    }
    if told is None:
        read_inputs(config, repository=REPOSITORY, overlays=[])
    else:
        with pytest.raises(SheetError, match=f"m.tsv, line 2, {told}"):
            read_inputs(config, repository=REPOSITORY, overlays=[])
