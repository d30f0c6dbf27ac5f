"""Comparison with a truth: matching, cuts, completeness and reliability, intervals, calibration, ranking."""
