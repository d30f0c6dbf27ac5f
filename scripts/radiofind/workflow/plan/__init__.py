"""Say what a run has to make: methods that rules call with their wildcards, many with the tile table, too.

`mosaics` has the mosaics, their tiles and the finders; the others add what is trained, what is classified,
what the record covers, and how much each job works on.
"""
