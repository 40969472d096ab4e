"""Spec files: YAML text to `Spec`, with every problem reported at once."""
