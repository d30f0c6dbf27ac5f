"""Simulations of mosaics and of radio galaxies, with their truth.

Owns the populations and profiles of sources, and the settings of simulated mosaics and galaxies.
"""
