"""Labelled cutouts, networks that tell classes of galaxies, and classes of the sources of a catalogue.

Owns what a data set of cutouts is (HDF5), how cutouts become inputs, and the table of architectures.
"""
