"""The default configuration is that of a survey without truth."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits

from workflow.runs import planned, run
from workflow.skies import write_sheet

pytestmark = pytest.mark.slow

BEFORE = {"fingerprint_mosaic field", "index_tiles"}
OF_A_FINDER = {
    f"{rule} field {finder}"
    for finder in ("pybdsf", "peaks")
    for rule in ("merge_detections", "export_catalogue")
}
AFTER = OF_A_FINDER | {
    *("measure_noise field y000x000", "summarise_noise field", "map_rms field"),
    *(
        "find_pybdsf field pybdsf y000x000",
        "merge_components field pybdsf",
        "export_components field pybdsf",
        "find_peaks field peaks y000x000",
    ),
    *("tabulate_scores", "write_report", "record_provenance", "all"),
}


def test_an_image_and_a_sheet_give_the_catalogues_of_pybdsf_and_peaks_and_no_other_job(tmp_path, sky):
    cards = sky.cards((200, 200))
    pixels = np.random.default_rng(1).normal(0, sky.rms, (200, 200)).astype(np.float32)
    fits.writeto(tmp_path / "sky.fits", pixels, cards)
    write_sheet(tmp_path / "sheet.tsv", "mosaic image\nfield sky.fits")
    (tmp_path / "mine.yaml").write_text("mosaics: sheet.tsv\n")
    mine = ("--configfile", tmp_path / "mine.yaml")
    indexed = run(tmp_path, "--until", "index_tiles", *mine)
    assert indexed.code == 0, indexed.output
    assert set(indexed.jobs) == BEFORE
    assert planned(tmp_path, *mine) == AFTER


def test_a_run_without_a_sheet_is_told_to_write_one(tmp_path):
    (tmp_path / "mine.yaml").write_text("snr: [5]\n")
    done = run(tmp_path, "--configfile", tmp_path / "mine.yaml")
    assert done.code != 0
    assert "mosaics: " in done.output and "config/README.md" in done.output
    assert "Traceback" not in done.output
