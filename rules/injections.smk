"""
Search each tile again with fake sources in its pixels, and negated, by the rules that find sources.

Reads  what these rules read; the noise is that of the image as it is
Makes  results/{mosaic}/injections/{finder}/{realisation}/{block}.parquet, results/{mosaic}/negated/{finder}/{block}.parquet
"""


use rule find_pybdsf as find_injected_pybdsf with:
    output:
        detections="results/{mosaic}/injections/{finder}/{realisation}/{block}.parquet",
    log:
        "logs/find_injected_pybdsf/{mosaic}/{finder}/{realisation}/{block}.log",
    benchmark:
        "benchmarks/find_injected_pybdsf/{mosaic}/{finder}/{realisation}/{block}.tsv"
    wildcard_constraints:
        finder=plan.one_of(injections.injected_by("pybdsf")),
    params:
        image=injections.injected_image,
    message:
        "Finding fake sources in {wildcards.block} of {wildcards.mosaic} ({wildcards.finder}, realisation {wildcards.realisation})"


use rule find_pybdsf as find_negated_pybdsf with:
    output:
        detections="results/{mosaic}/negated/{finder}/{block}.parquet",
    log:
        "logs/find_negated_pybdsf/{mosaic}/{finder}/{block}.log",
    benchmark:
        "benchmarks/find_negated_pybdsf/{mosaic}/{finder}/{block}.tsv"
    wildcard_constraints:
        finder=plan.one_of(injections.negated_by("pybdsf")),
    params:
        image=injections.negated_image,
    message:
        "Finding sources in the negated {wildcards.block} of {wildcards.mosaic} ({wildcards.finder})"


use rule find_peaks as find_injected_peaks with:
    output:
        detections="results/{mosaic}/injections/{finder}/{realisation}/{block}.parquet",
    log:
        "logs/find_injected_peaks/{mosaic}/{finder}/{realisation}/{block}.log",
    benchmark:
        "benchmarks/find_injected_peaks/{mosaic}/{finder}/{realisation}/{block}.tsv"
    wildcard_constraints:
        finder=plan.one_of(injections.injected_by("peaks")),
    params:
        image=injections.injected_image,
    message:
        "Finding fake sources in {wildcards.block} of {wildcards.mosaic} ({wildcards.finder}, realisation {wildcards.realisation})"


use rule find_peaks as find_negated_peaks with:
    output:
        detections="results/{mosaic}/negated/{finder}/{block}.parquet",
    log:
        "logs/find_negated_peaks/{mosaic}/{finder}/{block}.log",
    benchmark:
        "benchmarks/find_negated_peaks/{mosaic}/{finder}/{block}.tsv"
    wildcard_constraints:
        finder=plan.one_of(injections.negated_by("peaks")),
    params:
        image=injections.negated_image,
    message:
        "Finding sources in the negated {wildcards.block} of {wildcards.mosaic} ({wildcards.finder})"


use rule find_convosource as find_injected_convosource with:
    output:
        detections="results/{mosaic}/injections/{finder}/{realisation}/{block}.parquet",
    log:
        "logs/find_injected_convosource/{mosaic}/{finder}/{realisation}/{block}.log",
    benchmark:
        "benchmarks/find_injected_convosource/{mosaic}/{finder}/{realisation}/{block}.tsv"
    wildcard_constraints:
        finder=plan.one_of(injections.injected_by("convosource")),
    params:
        image=injections.injected_image,
    message:
        "Finding fake sources in {wildcards.block} of {wildcards.mosaic} ({wildcards.finder}, realisation {wildcards.realisation})"


use rule find_convosource as find_negated_convosource with:
    output:
        detections="results/{mosaic}/negated/{finder}/{block}.parquet",
    log:
        "logs/find_negated_convosource/{mosaic}/{finder}/{block}.log",
    benchmark:
        "benchmarks/find_negated_convosource/{mosaic}/{finder}/{block}.tsv"
    wildcard_constraints:
        finder=plan.one_of(injections.negated_by("convosource")),
    params:
        image=injections.negated_image,
    message:
        "Finding sources in the negated {wildcards.block} of {wildcards.mosaic} ({wildcards.finder})"
