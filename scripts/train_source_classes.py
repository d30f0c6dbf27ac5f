"""Learn the classes of a finder's sources on the train boxes of a training set."""

from dataclasses import asdict

from radiofind.classifiers.sources.class_training import fit_source_classes, make_class_lesson
from radiofind.classifiers.sources.inputs import read_context
from radiofind.evaluation.comparison import read_area, read_comparison
from radiofind.files import write_json
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to
from radiofind.jobs.provenance import fold_tiles, provenance_of
from radiofind.mosaics.images import image_sources

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    params, lessons = snakemake.params, []
    images = image_sources(params.images)
    files = zip(snakemake.input.patches, snakemake.input.truths, snakemake.input.catalogues, strict=True)
    for (mosaic, boxes), (patches, truth, catalogue) in zip(params.boxes.items(), files, strict=True):
        area = read_area(mosaic, patches, **boxes)
        place = {"patches": patches, "truth": truth, "catalogue": catalogue}
        pair = read_comparison(area, **place, truth_rms=params.truth_rms)
        terms = read_context(pair.detections, images[mosaic], image_sources(params.partners[mosaic]))
        terms |= {"snr_min": params.snr_min, **params.radii[mosaic]}
        lessons.append(make_class_lesson(pair.detections, pair.truth, **terms))
    model = fit_source_classes(lessons, origin=", ".join(snakemake.input.truths))
    rule = f"train_source_classes {snakemake.wildcards.finder}"
    provenance = fold_tiles(provenance_of(rule, params=params, inputs=snakemake.input))
    write_json({**asdict(model), "provenance": provenance}, snakemake.output.model)
