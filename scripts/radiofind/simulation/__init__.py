"""Skies and galaxies whose truth is known."""
