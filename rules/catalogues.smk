"""
Merge the detections of all tiles of a mosaic into catalogues.

Reads  results/{mosaic}/detections/{finder}/{block}.parquet, the primary beams of the mosaic sheet,
       results/models/{training_set}/{finder}.calibration.json of the general network
Makes  results/{mosaic}/catalogues/{finder}.parquet, and the Gaussians of finders that fit them in
       results/{mosaic}/catalogues/components/{finder}.parquet
"""


rule merge_detections:
    input:
        detections=each("results/{mosaic}/detections/{finder}/{block}.parquet", plan.blocks),
        tiles=each("results/{mosaic}/tiles/{tile}.json", plan.live_tiles),
        image=ancient(planned(plan.file, "image")),
        primary_beam=planned(plan.file, "primary_beam"),
        calibration=planned(training.calibration, "results/models/{training_set}/{finder}.calibration.json"),
    output:
        catalogue="results/{mosaic}/catalogues/{finder}.parquet",
    log:
        "logs/merge_detections/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/merge_detections/{mosaic}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of(*kinds.OF_TILES)),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("merge_detections", planned(work.on_mosaic)),
        runtime=time_of("merge_detections", planned(work.on_mosaic)),
    params:
        image=plan.image_source,
        stamps=given(plan.file_stamps, "primary_beam"),
        code=digest_of("merge_detections"),
    message:
        "Merging the detections of {wildcards.finder} in {wildcards.mosaic}"
    script:
        "../scripts/merge_detections.py"


rule merge_components:
    input:
        components=each("results/{mosaic}/detections/{finder}/{block}.components.parquet", plan.blocks),
        tiles=each("results/{mosaic}/tiles/{tile}.json", plan.live_tiles),
        catalogue=indexed("results/{mosaic}/catalogues/{finder}.parquet"),
        image=ancient(planned(plan.file, "image")),
        primary_beam=planned(plan.file, "primary_beam"),
    output:
        components="results/{mosaic}/catalogues/components/{finder}.parquet",
    log:
        "logs/merge_components/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/merge_components/{mosaic}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("pybdsf")),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("merge_components", planned(work.on_mosaic)),
        runtime=time_of("merge_components", planned(work.on_mosaic)),
    params:
        image=plan.image_source,
        stamps=given(plan.file_stamps, "primary_beam"),
        code=digest_of("merge_components"),
    message:
        "Merging the Gaussians of {wildcards.finder} in {wildcards.mosaic}"
    script:
        "../scripts/merge_components.py"
