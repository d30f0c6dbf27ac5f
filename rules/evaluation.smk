"""
Score every finder per region, cut, SNR and class, and check the calibration of scores that are probabilities.

Reads  results/{mosaic}/matches/{finder}.parquet, results/cuts/{training_set}/{finder}.json,
       results/{mosaic}/catalogues/{finder}.parquet, results/{mosaic}/truth.parquet
Makes  results/{mosaic}/evaluation/{finder}.csv, results/{mosaic}/curves/{finder}.csv,
       results/{mosaic}/calibration/{finder}.csv, results/scores.txt
"""


rule evaluate_finder:
    input:
        matches=indexed("results/{mosaic}/matches/{finder}.parquet"),
        patches=indexed("results/{mosaic}/patches.parquet"),
        cuts=indexed("results/cuts/{training_set}/{finder}.json"),
    output:
        scores="results/{mosaic}/evaluation/{finder}.csv",
        curves="results/{mosaic}/curves/{finder}.csv",
    log:
        "logs/evaluate_finder/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/evaluate_finder/{mosaic}/{finder}.tsv"
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("evaluate_finder", planned(work.on_mosaic)),
        runtime=time_of("evaluate_finder", planned(work.on_mosaic)),
    params:
        boxes=given(plan.sheet_row, "train_box", "validation_box"),
        snr=config["snr"],
        radius_pixels=planned(sizes.radius),
        seed=config["evaluation"]["seed"],
        code=digest_of("evaluate_finder"),
    message:
        "Evaluating {wildcards.finder} in {wildcards.mosaic}"
    script:
        "../scripts/evaluate_finder.py"


rule evaluate_scores:
    input:
        truth=indexed("results/{mosaic}/truth.parquet"),
        patches=indexed("results/{mosaic}/patches.parquet"),
        catalogue=indexed("results/{mosaic}/catalogues/{finder}.parquet"),
    output:
        calibration="results/{mosaic}/calibration/{finder}.csv",
    log:
        "logs/evaluate_scores/{mosaic}/{finder}.log",
    benchmark:
        "benchmarks/evaluate_scores/{mosaic}/{finder}.tsv"
    wildcard_constraints:
        finder=plan.one_of(plan.finders_of(*kinds.WITH_SCORES)),
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("evaluate_scores", planned(work.on_mosaic)),
        runtime=time_of("evaluate_scores", planned(work.on_mosaic)),
    params:
        boxes=given(plan.sheet_row, "train_box", "validation_box"),
        settings=plan.finder_settings,
        radius_pixels=planned(sizes.radius),
        truth_rms=config["evaluation"]["truth_rms"],
        seed=config["evaluation"]["seed"],
        code=digest_of("evaluate_scores"),
    message:
        "Checking the scores of {wildcards.finder} in {wildcards.mosaic}"
    script:
        "../scripts/evaluate_scores.py"


rule tabulate_scores:
    input:
        scores=each("results/{mosaic}/evaluation/{finder}.csv", plan.scored),
    output:
        scores="results/scores.txt",
    log:
        "logs/tabulate_scores/tabulate_scores.log",
    benchmark:
        "benchmarks/tabulate_scores/tabulate_scores.tsv"
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("tabulate_scores", planned(work.on_survey)),
        runtime=time_of("tabulate_scores", planned(work.on_survey)),
    params:
        only=config["only"],
        code=digest_of("tabulate_scores"),
    message:
        "Tabulating the scores of all finders"
    script:
        "../scripts/tabulate_scores.py"
