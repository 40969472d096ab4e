"""What distributions say about themselves, read from bytes and never by running them."""
