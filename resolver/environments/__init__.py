"""Target environments: PEP 425 tags and PEP 508 markers from a declaration, never from the host."""
