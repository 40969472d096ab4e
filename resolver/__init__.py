"""rules_wheelhouse: one spec in, one cross-platform lock out, every byte carried offline.

What is where, in the order in which data flows: each imports only what stands above it::

    records errors notices       vocabulary
    digits                       numbers that Python refuses to read
    logins                       the variables that hold them, and URLs without them
    toml setup_cfg               TOML, and setup.cfg, as tables
    fetchers                     build requirements that stand for a program
    spec -> environments         what the user declares, and for which machines
    preferences                  versions that another tool's lock has
    simple metadata licenses     what an index and a distribution say
    recipe                       how one sdist is built from locked files alone
    index                        the port through which an index is asked
    evidence cutoffs             what a later run can compare; ages as instants
    resolution                   one exact resolution for each environment, one version for all where there is one
    build                        what every sdist is built with, recursively; build.hooks is the port to backends
    misspelt                     entries of the spec that most likely are
    lock previous locking        the lock; what an older one holds on to; the whole pipeline in one call
    emit                         what is generated from a lock
    ------------------------------------------ pure above, I/O below
    concurrency processors       work ahead, and how much at a time
    folder_lock                  one process at a time in a folder
    http_index local_index       bytes from indexes
    digested                     the sha256 of files whose index states none
    sandbox builder              build backends, run with no network and no view of the host
    attestations                 who published a file
    vendor verify                the vendored tree, and its proof
    bundle transfer              a tree as one signed file; packed, unpacked, repaired
    cli                          arguments, wiring, progress, exit codes

``server`` stands apart: it imports nothing of ours but itself, and ``joining`` makes the one file of it that every
vendored tree carries.
"""
