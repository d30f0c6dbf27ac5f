"""What a run will do, and why, for `make what-changed`."""
