"""
Record what the results are, what they were made from, and which jobs wrote them.

Reads  all files under results/, the files of the mosaic sheet, data sets and models of other runs, the logs
Makes  results/provenance.json, and a copy beside its log, by which the next record knows what it need not read
"""


rule record_provenance:
    input:
        catalogues=catalogue_targets,
        probability=probability_targets,
        classifiers=classifier_targets,
        scores=indexed("results/scores.txt"),
        report=indexed("results/report.html"),
        given=given_files_that_exist,
    output:
        provenance="results/provenance.json",
    log:
        "logs/record_provenance/record_provenance.log",
    benchmark:
        "benchmarks/record_provenance/record_provenance.tsv"
    conda:
        "../envs/tables.yaml"
    threads: 4
    resources:
        mem_mb=memory_of("record_provenance"),
        runtime=time_of("record_provenance"),
    params:
        given=given_files,
        patterns=patterns_of_outputs,
        names=names_in_outputs,
        tiles_per_job=tiles_per_job,
        configuration=plan.science,
        code=digest_of("record_provenance"),
    message:
        "Recording the digests of all inputs and results"
    script:
        "../scripts/record_provenance.py"
