"""Labelled cutouts, networks that tell classes of galaxies, and classes of the sources of a catalogue."""
