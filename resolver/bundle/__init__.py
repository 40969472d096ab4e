"""A bundle: a vendored tree, or what is new in it, as one tar file with a statement that can be signed."""
