"""
Export catalogues for other programs.

Reads  results/{mosaic}/catalogues/{finder}.parquet, classified where sources are classified, and their Gaussians
Makes  results/{mosaic}/catalogues/{finder}.fits (TOPCAT) and .reg (DS9), components/{finder}.fits;
       with `pybdsf_tables`, pybdsf/{finder}.srl.fits and .gaul.fits with PyBDSF's own columns;
       with `model_images`, results/{mosaic}/images/{finder}.model.fits and .residual.fits
"""


rule export_catalogue:
    input:
        catalogue=indexed("results/{mosaic}/catalogues/{folder}{finder}.parquet", source_classes.exported),
        image=ancient(planned(plan.file, "image")),
    output:
        table="results/{mosaic}/catalogues/{finder}.fits",
        regions="results/{mosaic}/catalogues/{finder}.reg",
    log:
        "logs/export_catalogue/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/export_catalogue/{mosaic}/{finder}.tsv"
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("export_catalogue", planned(work.on_mosaic)),
        runtime=time_of("export_catalogue", planned(work.on_mosaic)),
    params:
        image=plan.image_source,
        code=digest_of("export_catalogue"),
    message:
        "Exporting the catalogue of {wildcards.finder} in {wildcards.mosaic}"
    script:
        "../scripts/export_catalogue.py"


rule export_components:
    input:
        components=indexed("results/{mosaic}/catalogues/components/{finder}.parquet"),
        image=ancient(planned(plan.file, "image")),
    output:
        table="results/{mosaic}/catalogues/components/{finder}.fits",
    log:
        "logs/export_components/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/export_components/{mosaic}/{finder}.tsv"
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("export_components", planned(work.on_mosaic)),
        runtime=time_of("export_components", planned(work.on_mosaic)),
    params:
        image=plan.image_source,
        code=digest_of("export_components"),
    message:
        "Exporting the Gaussians of {wildcards.finder} in {wildcards.mosaic}"
    script:
        "../scripts/export_components.py"


rule export_pybdsf:
    input:
        catalogue=indexed("results/{mosaic}/catalogues/{finder}.parquet"),
        components=indexed("results/{mosaic}/catalogues/components/{finder}.parquet"),
    output:
        sources="results/{mosaic}/catalogues/pybdsf/{finder}.srl.fits",
        gaussians="results/{mosaic}/catalogues/pybdsf/{finder}.gaul.fits",
    log:
        "logs/export_pybdsf/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/export_pybdsf/{mosaic}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("pybdsf")),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("export_pybdsf", planned(work.on_mosaic)),
        runtime=time_of("export_pybdsf", planned(work.on_mosaic)),
    params:
        code=digest_of("export_pybdsf"),
    message:
        "Exporting {wildcards.finder} in {wildcards.mosaic} with PyBDSF's own columns"
    script:
        "../scripts/export_pybdsf.py"


rule draw_model:
    input:
        components=indexed("results/{mosaic}/catalogues/components/{finder}.parquet"),
        image=ancient(planned(plan.file, "image")),
    output:
        model="results/{mosaic}/images/{finder}.model.fits",
        residual="results/{mosaic}/images/{finder}.residual.fits",
    log:
        "logs/draw_model/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/draw_model/{mosaic}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of("pybdsf")),
    conda:
        "../envs/images.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("draw_model", planned(work.on_mosaic)),
        runtime=time_of("draw_model", planned(work.on_mosaic)),
    params:
        image=plan.image_source,
        code=digest_of("draw_model"),
    message:
        "Drawing the Gaussians of {wildcards.finder} in {wildcards.mosaic}"
    script:
        "../scripts/draw_model.py"
