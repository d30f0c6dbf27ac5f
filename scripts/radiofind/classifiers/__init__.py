"""Labelled cutouts, networks that classify radio galaxies, and classes of the sources of a catalogue.

This room defines the format of cutouts (HDF5), their preparation as network input, and the architectures.
"""
