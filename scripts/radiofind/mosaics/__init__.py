"""Images of mosaics: headers, coordinates, pixels, tiles, noise and regions.

Owns boxes (parsing, overlap), the shapes of Gaussians, local maxima with subpixel positions, and images whose
header values the sheet may override (`images.ImageSource`).
"""
