"""Images and what is measured on them: boxes, tiles, headers, coordinates, pixels, noise, regions."""
