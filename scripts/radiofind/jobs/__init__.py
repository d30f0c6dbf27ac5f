"""What a job has around its science: log, retries, corrupt files, provenance, digest of its code, workers.

Owns what a result says of how it was made.
"""
