"""Classes of the sources of a catalogue, learned from the truth."""
