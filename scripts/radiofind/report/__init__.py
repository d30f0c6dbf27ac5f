"""The report page: its data, figures, style and templates.

This room defines how numbers are formatted, and the published results to compare with.
"""
