"""Check the user's input: configuration, mosaic sheet, boxes.

This room defines the messages that report mistakes with file, line and key.
"""
