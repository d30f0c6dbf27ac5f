"""Learn the SDC1 classes of the sources of finders, and score them.

    python benchmarks/source_classes.py RESULTS MOSAIC IMAGE TRAIN_BOX VALIDATION_BOX FINDER ...

RESULTS is the folder ``results`` of a run on MOSAIC, whose sheet named IMAGE and the two boxes. Models are
learned only from the matched sources in the train box. Prints confusion matrices and scores of the test
region, with those of a constant answer; and, because it has few sources of rare classes, those of the whole
mosaic in five-fold cross-validation over patches.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.catalogues.class_columns import with_classes
from radiofind.classifiers.sources.class_training import ClassLesson, fit_source_classes, make_class_lesson
from radiofind.classifiers.sources.classes import SourceClassModel, apply
from radiofind.classifiers.sources.features import features_of
from radiofind.classifiers.sources.scores import count_confusions, most_frequent, pair_classes, score_classes
from radiofind.evaluation.comparison import Comparison, read_area, read_comparison
from radiofind.mosaics.images import read_header

SNR = (1, 2, 5)
RADIUS_PIXELS = 3.0


def main() -> None:
    """Learn and score the classes of each finder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("results", type=Path)
    for name in ("mosaic", "image", "train_box", "validation_box"):
        parser.add_argument(name)
    parser.add_argument("finders", nargs="+")
    options = parser.parse_args()
    beam = read_header(options.image).beam
    beam_arcsec = float(np.sqrt(beam.major_arcsec * beam.minor_arcsec))
    for finder in options.finders:
        measure(read_pair(options, finder), finder, beam_arcsec)


def read_pair(options: argparse.Namespace, finder: str) -> Comparison:
    """Return the truth and the catalogue of a finder."""
    folder = options.results / options.mosaic
    boxes = {"train_box": options.train_box, "validation_box": options.validation_box}
    files = {"patches": folder / "patches.parquet", "truth": folder / "truth.parquet"}
    area = read_area(options.mosaic, files["patches"], **boxes)
    return read_comparison(
        area, **files, catalogue=folder / f"catalogues/{finder}.parquet", truth_rms="median"
    )


def measure(pair: Comparison, finder: str, beam_arcsec: float) -> None:
    """Print the model of a finder's source classes, and its scores."""
    terms = {"snr_min": min(SNR), "radius_pixels": RADIUS_PIXELS, "beam_arcsec": beam_arcsec}
    model = fit_source_classes([make_class_lesson(pair.detections, pair.truth, **terms)], origin="the run")
    print(f"\n{finder}: {model.n_examples}, C {model.inverse_strength}, loss {model.left_out_log_loss}")
    print(pd.DataFrame(model.coefficients).round(2).to_string())
    probabilities = apply(model, features_of(pair.detections, beam_arcsec=beam_arcsec))
    catalogue = pair.area.label(with_classes(pair.detections, probabilities, model.classes, "benchmark"))
    tell(pair_classes(pair.truth, catalogue, snr=SNR, radius_pixels=RADIUS_PIXELS), model)
    print("\nwhole mosaic, cross-validated over patches")
    tell(left_out(pair, terms), model)


def left_out(pair: Comparison, terms: dict[str, float]) -> pd.DataFrame:
    """Return pairs of the whole mosaic, each predicted by a model not trained on its patch."""
    tables = (table.assign(region="train") for table in (pair.detections, pair.truth))
    lesson = make_class_lesson(*tables, **terms)
    predicted = np.empty(len(lesson.classes), dtype=object)
    folds = StratifiedGroupKFold(5).split(lesson.features, lesson.classes, groups=lesson.patch)
    for kept, out in folds:
        part = ClassLesson(lesson.features.iloc[kept], lesson.classes[kept], lesson.patch[kept])
        model = fit_source_classes([part], origin="the run")
        best = apply(model, lesson.features.iloc[out]).argmax(axis=1)
        predicted[out] = np.array(model.classes)[best]
    pairs = {"patch": lesson.patch, "true": lesson.classes, "predicted": predicted}
    return pd.DataFrame(pairs).assign(region="test", snr_min=float(min(SNR)))


def tell(pairs: pd.DataFrame, model: SourceClassModel) -> None:
    """Print confusion matrices and scores of the pairs in the test region."""
    shared = {"classes": model.classes, "snr": np.unique(pairs["snr_min"]), "mosaic": "", "finder": ""}
    constant, rng = most_frequent(model.n_examples), np.random.default_rng(1)
    scores = score_classes(pairs, **shared, constant=constant, rng=rng)
    confusions = count_confusions(pairs, **shared)
    for snr, part in confusions[confusions["region"] == "test"].groupby("snr_min"):
        print(f"\ntest, truth above SNR {snr:g}")
        print(part.pivot_table("n", "true", "predicted", sort=False).astype(int).to_string())
        chosen = scores[(scores["region"] == "test") & (scores["snr_min"] == snr)]
        shown = ["metric", "class", "value", "low", "high", "n"]
        print(chosen[shown].to_string(index=False, float_format="%.3f"))


if __name__ == "__main__":
    main()
