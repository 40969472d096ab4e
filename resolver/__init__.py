"""rules_wheelhouse: one spec in, one cross-platform lock out, every byte carried offline.

The stages, in the order in which data flows (each imports only what stands above it)::

    errors notices                     vocabulary
    spec -> environments               what the user declares
    simple metadata index              what an index says, and the port through which it is asked
    candidates wanted provider resolution    one exact resolution for one environment
    build alignment lock emit          the lock and what is generated from it
    ------------------------------------------------ pure above, I/O below
    http_index local_index vendor      bytes from and to the world
    cli                                arguments, wiring, progress, exit codes

``server`` stands apart: it imports nothing of ours and is copied into every vendored tree.
"""
