"""The stages of a run, by which the terminal and `make status` tell how far it is."""

from __future__ import annotations

STAGES = {
    "simulation": ("simulate", "describe_sky", "simulate_matched"),
    "index": ("fingerprint_mosaic", "index_tiles"),
    "noise": ("measure_noise", "summarise_noise", "map_rms"),
    "pybdsf": ("find_pybdsf",),
    "peaks": ("find_peaks",),
    "training": ("cut_patches", "train_convosource"),
    "convosource": ("find_convosource", "calibrate_scores", "map_probability"),
    "catalogues": (
        *("merge_detections", "merge_components", "export_catalogue"),
        *("export_components", "export_pybdsf", "draw_model", "measure_spectral_index"),
    ),
    "completeness": (
        *("find_injected_pybdsf", "find_injected_peaks", "find_injected_convosource", "measure_completeness"),
        *("find_negated_pybdsf", "find_negated_peaks", "find_negated_convosource", "measure_reliability"),
        *("pool_completeness", "pool_reliability", "calibrate_fluxes", "map_completeness", "count_sources"),
    ),
    "combined": ("train_combined", "combine_catalogues"),
    "evaluation": (
        *("place_truth", "tune_cuts", "match_catalogue"),
        *("evaluate_finder", "evaluate_scores", "tabulate_scores"),
    ),
    "classifiers": (
        *("copy_dataset", "simulate_dataset", "cut_dataset"),
        *("train_classifier", "evaluate_classifier"),
    ),
    "classes": ("train_source_classes", "classify_sources", "apply_classifier", "evaluate_classes"),
    "survey": (
        *("merge_survey", "merge_survey_components", "export_survey", "export_hats"),
        *("measure_coverage", "map_coverage"),
    ),
    "report": ("write_report", "record_provenance"),
}
"""The rules of each stage, in the order in which stages begin."""

STAGE_OF = {rule: stage for stage, rules in STAGES.items() for rule in rules}
"""The stage of each rule; `all`, which makes nothing, has none."""
