"""
Simulate the mosaics that name a simulation in the sheet.

Reads      the settings under `simulations` in the configuration
Makes      results/simulations/{simulation}/image.fits
           results/simulations/{simulation}/primary_beam.fits
           results/simulations/{simulation}/truth.txt
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
        "../envs/images.yaml"
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
