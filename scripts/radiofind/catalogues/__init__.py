"""Tables of sources: their columns, detections of tiles and blocks, merging, export.

Owns the one table of columns with their types, units and descriptions.
"""
