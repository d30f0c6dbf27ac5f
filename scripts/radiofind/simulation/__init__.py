"""Skies and galaxies whose truth is known.

Owns the populations and profiles of sources, and the settings of simulated mosaics and galaxies.
"""
