"""A vendored tree is put to the proof: its bytes, the installation and the builds of its environments."""
