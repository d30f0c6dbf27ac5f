"""Networks that tell classes of galaxies, a module for each that was published."""
