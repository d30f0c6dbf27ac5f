"""What a run does and did: plan, resources, fingerprints, quarantine, warnings, record, inventory."""
