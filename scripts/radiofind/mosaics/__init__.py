"""Images and what is measured on them: tiles, headers, coordinates, pixels, noise, regions.

Owns boxes (parsing, overlap), the shapes of Gaussians, local maxima with their vertices, and an image with
what the sheet says of it (`images.ImageSource`).
"""
