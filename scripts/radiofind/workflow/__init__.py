"""Planning and bookkeeping of runs: plan, resources, fingerprints, quarantine, warnings, record, inventory.

This room defines the measured needs of jobs, and when a tile counts as changed.
"""
