"""The vendored tree: fetch, verify, place."""
