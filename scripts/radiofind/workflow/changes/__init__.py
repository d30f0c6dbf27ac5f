"""Describe what a run will do, and why (`make what-changed`)."""
