"""Tables of sources: their columns, detections of tiles and blocks, merging, export.

This room defines the table of columns with their types, units and descriptions.
"""
