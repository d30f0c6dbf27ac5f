"""
Divide the mosaics into tiles and find out which tiles have changed.

Reads  the images, primary beams and truth catalogues named in the mosaic sheet
Makes  results/{mosaic}/fingerprints.parquet, results/tiles.parquet
       and, undeclared and only when they change, results/{mosaic}/tiles/{tile}.json
"""


rule fingerprint_mosaic:
    input:
        image=given(plan.sheet_file, "image"),
        primary_beam=given(plan.sheet_file, "primary_beam"),
        truth=given(plan.sheet_file, "truth"),
    output:
        fingerprints="results/{mosaic}/fingerprints.parquet",
    log:
        "logs/fingerprint_mosaic/{mosaic}.log",
    benchmark:
        "benchmarks/fingerprint_mosaic/{mosaic}.tsv"
    conda:
        "../envs/images.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("fingerprint_mosaic", work.on_image),
        runtime=time_of("fingerprint_mosaic", work.on_image),
    params:
        image=plan.image_source,
        truth=given(plan.sheet_row, "truth_format"),
        tiling=config["tiling"],
        noise=sizes_of(config["noise"]),
        stamps=given(plan.file_stamps, "image", "primary_beam", "truth"),
        code=digest_of("fingerprint_mosaic"),
    message:
        "Fingerprinting the tiles of {wildcards.mosaic}"
    script:
        "../scripts/fingerprint_mosaic.py"


checkpoint index_tiles:
    input:
        fingerprints=expand("results/{mosaic}/fingerprints.parquet", mosaic=plan.mosaics),
    output:
        tiles="results/tiles.parquet",
    log:
        "logs/index_tiles/index_tiles.log",
    benchmark:
        "benchmarks/index_tiles/index_tiles.tsv"
    conda:
        "../envs/images.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("index_tiles", nothing),
        runtime=time_of("index_tiles", nothing),
    params:
        mosaics=list(plan.mosaics),
        only=config["only"],
        networks=frozen.networks,
        survey=survey.of_sheet,
        code=digest_of("index_tiles"),
    message:
        "Indexing the tiles; the jobs of the tiles are planned when this is done"
    script:
        "../scripts/index_tiles.py"
