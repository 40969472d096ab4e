"""Attestations of files (PEP 740), checked offline by the library of its authors; an optional extra."""
