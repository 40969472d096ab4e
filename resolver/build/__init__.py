"""Build requirements of source distributions, recursively, and where each of them comes from."""
