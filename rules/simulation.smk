"""
Simulate the mosaics that name a simulation in the sheet, and those that are like a mosaic without truth.

Reads      the settings under `simulations` in the configuration; the first image of each training set
Makes      results/simulations/{simulation}/image.fits
           results/simulations/{simulation}/primary_beam.fits
           results/simulations/{simulation}/truth.txt
           results/models/{training_set}/sky.json (what the simulated mosaic has in common with the image)
           results/simulations/{training_set}-simulated/image.fits and truth.txt
"""


rule simulate:
    output:
        image="results/simulations/{simulation}/image.fits",
        primary_beam="results/simulations/{simulation}/primary_beam.fits",
        truth="results/simulations/{simulation}/truth.txt",
    log:
        "logs/simulate/{simulation}.log",
    benchmark:
        "benchmarks/simulate/{simulation}.tsv"
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("simulate", work.on_simulation),
        runtime=time_of("simulate", work.on_simulation),
    params:
        settings=plan.simulation_settings,
        code=digest_of("simulate"),
    message:
        "Simulating mosaic {wildcards.simulation}"
    script:
        "../scripts/simulate.py"


rule describe_sky:
    input:
        image=ancient(training.described_image),
    output:
        sky="results/models/{training_set}/sky.json",
    log:
        "logs/describe_sky/{training_set}.log",
    benchmark:
        "benchmarks/describe_sky/{training_set}.tsv"
    wildcard_constraints:
        training_set=plan.one_of(training.simulated_sets),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("describe_sky", nothing),
        runtime=time_of("describe_sky", nothing),
    params:
        image=training.described_source,
        mosaic=training.described_name,
        seed=config["matched_simulation"]["seed"],
        code=digest_of("describe_sky"),
    message:
        "Describing the sky of {wildcards.training_set}"
    script:
        "../scripts/describe_sky.py"


rule simulate_matched:
    input:
        sky="results/models/{training_set}/sky.json",
    output:
        image="results/simulations/{training_set}-simulated/image.fits",
        truth="results/simulations/{training_set}-simulated/truth.txt",
    log:
        "logs/simulate_matched/{training_set}.log",
    benchmark:
        "benchmarks/simulate_matched/{training_set}.tsv"
    wildcard_constraints:
        training_set=plan.one_of(training.simulated_sets),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("simulate_matched", work.on_matched),
        runtime=time_of("simulate_matched", work.on_matched),
    params:
        settings=config["matched_simulation"],
        code=digest_of("simulate_matched"),
    message:
        "Simulating a mosaic like those of {wildcards.training_set}"
    script:
        "../scripts/simulate_matched.py"
