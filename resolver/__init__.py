"""rules_wheelhouse: one spec in, one cross-platform lock out, every byte carried offline.

The stages, in the order in which data flows (each imports only what stands above it)::

    errors notices                     vocabulary
    spec -> environments               what the user declares
    preferences                        versions that another tool's lock has
    simple recipe metadata index       what an index says, and the port through which it is asked
    licenses                           what metadata says of licences, and whether that is allowed
    candidates wanted provider resolution    one exact resolution for one environment
    build alignment lock emit          the lock and what is generated from it; build.hooks is the port to backends
    ------------------------------------------------ pure above, I/O below
    http_index local_index             bytes from indexes
    sandbox builder                    build backends, run with no network and no view of the host
    vendor verify                      the vendored tree, and its proof
    bundle transfer                    a tree as one signed file; packed, unpacked, repaired
    cli                                arguments, wiring, progress, exit codes

``server`` stands apart: it imports nothing of ours but itself, and ``joining`` makes the one file of it that every
vendored tree carries.
"""
