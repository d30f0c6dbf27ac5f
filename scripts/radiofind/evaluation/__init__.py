"""Evaluation against a truth: reading it, matching, cuts, completeness and reliability, calibration, ranking.

This room defines the truth formats, the matching rule, and the intervals of fractions.
"""
