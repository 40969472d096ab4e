"""Lock -> {path: text}: everything that is generated from a lock."""
