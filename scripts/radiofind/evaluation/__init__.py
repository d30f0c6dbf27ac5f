"""Comparison with a truth: reading it, matching, cuts, completeness and reliability, calibration, ranking.

Owns the formats of truths, the rule of a match, and the intervals of fractions.
"""
