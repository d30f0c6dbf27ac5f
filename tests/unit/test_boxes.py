import pytest

from radiofind.boxes import check_boxes
from radiofind.sheet import Mosaic, SheetError

SIMULATIONS = {"small": {"size_pixels": 300}}


def simulated(**cells):
    return Mosaic(mosaic="a", image="none.fits", simulate="small", line=4, **cells)


def check(mosaic):
    check_boxes([mosaic], simulations=SIMULATIONS, sheet="sheet.tsv")


@pytest.mark.parametrize("box", ["0:300,0:300", "all", "0:100,50:300", None])
def test_a_box_on_the_mosaic_is_accepted(box):
    check(simulated(train_box=box))


@pytest.mark.parametrize(
    ("box", "received"), [("0:301,0:300", "within 0:300,0:300"), ("100:120,0:300", "after a gap of 13")]
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
