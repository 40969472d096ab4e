"""Versions that another tool's lock has, as wishes for a first resolution."""
