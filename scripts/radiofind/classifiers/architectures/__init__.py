"""Networks that classify radio galaxies, one module per published network."""
