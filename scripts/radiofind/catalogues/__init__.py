"""Tables of sources: their columns, detections of a tile, merging, export."""
