"""The page: its data, figures, style and templates.

Owns how numbers are shown, and the published figures beside them.
"""
