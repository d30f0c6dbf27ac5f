"""Decide what a run makes: methods that rules call with their wildcards, many also with the tile table.

`mosaics` has the mosaics, tiles and finders; the other modules add training, classification, the provenance
record, and the amount of work of each job.
"""
