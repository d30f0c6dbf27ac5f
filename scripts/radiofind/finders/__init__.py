"""The kinds of finders, and how each searches a tile or a catalogue."""
