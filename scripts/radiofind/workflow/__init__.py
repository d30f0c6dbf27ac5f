"""What a run does and did: plan, resources, fingerprints, quarantine, warnings, record, inventory.

Owns what jobs were measured to need, and when a tile counts as changed.
"""
