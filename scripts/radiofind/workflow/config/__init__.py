"""What a user writes: configuration, mosaic sheet, boxes; mistakes are told with file, line and key."""
