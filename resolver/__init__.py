"""rules_wheelhouse: one spec in, one cross-platform lock out, every byte carried offline.

What is where, in the order in which data flows: each imports only what stands above it::

    records errors notices       vocabulary
    spec -> environments         what the user declares, and for which machines
    preferences                  versions that another tool's lock has
    simple metadata licenses     what an index and a distribution say
    recipe                       how one sdist is built from locked files alone
    index                        the port through which an index is asked
    evidence cutoffs             what a later run can compare; ages as instants
    candidates specifiers        which file of a release an environment would use; which releases meet a specifier
    wanted catalogue             nodes and rules of a search; what the index said, once for all environments
    reading_ahead scouting       what is asked of the index before it is needed
    matching demands             who meets requirements; what a candidate asks for
    outlook culprits             candidates and requirements that leave no solution, seen without a search
    order                        which project goes before which, as failed searches have taught
    straight provider            a search that never goes back; what resolvelib asks, where one has to
    prereleases explanation      what a solution, or that there is none, should tell a person
    resolution                   one exact resolution for one environment
    alignment concessions        one version for all environments where there is one, and what that took
    unmet misspelt behind        notices: wishes not granted; entries of the spec; older releases for want of a file
    build                        what every sdist is built with, recursively; build.hooks is the port to backends
    lock previous locking        the lock; what an older one holds on to; the whole pipeline in one call
    emit                         what is generated from a lock
    ------------------------------------------ pure above, I/O below
    concurrency processors       work ahead, and how much at a time
    folder_lock                  one process at a time in a folder
    http_index local_index       bytes from indexes
    sandbox builder              build backends, run with no network and no view of the host
    attestations                 who published a file
    vendor verify                the vendored tree, and its proof
    bundle transfer              a tree as one signed file; packed, unpacked, repaired
    cli                          arguments, wiring, progress, exit codes

``server`` stands apart: it imports nothing of ours but itself, and ``joining`` makes the one file of it that every
vendored tree carries.
"""
