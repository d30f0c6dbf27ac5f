"""What a user writes: configuration, mosaic sheet, boxes.

Owns the messages that tell a mistake with file, line and key.
"""
