"""What surrounds the science of a job: log, retries, corrupt files, provenance, code digest, Dask workers.

Owns the provenance that results carry.
"""
