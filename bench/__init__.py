"""How fast wheelhouse is beside other tools, measured so that anyone can measure it again: ``make bench``.

A module with a command line is run from the root of a checkout as ``python -m bench.NAME FOLDER`` and explains itself
with ``--help``. FOLDER holds what may be thrown away: the recorded index, the tools, their caches, and the results.

    __main__     all of it: locks, builds, growth, vendoring, serving
    workloads    what is locked, for which environments, and in which modes
    peers        the tools, and the command of each for each mode
    replay       the index on the loopback: records once, replays with the headers of PyPI
    loopback     starts it and steers it
    processes    one run of commands: seconds, CPU time, memory of all its processes, and who else used the machine
    launch       starts one command for it
    downloader   as plain as one can be
    rounds       tools in turns: paired rounds, in a balanced order
    results      what a measurement leaves: cells of figures, the machine and the versions, as JSON
    targets      what is wanted of the figures, and what became of that
    speed        locks: cold, warm, with nothing to do, ...
    builds       the build closures of every sdist
    growth       more environments, more projects
    vendoring    files carried to a directory
    serving      the tree over HTTP, to many readers;   reader: these
    tables       results -> Markdown;   plots: results -> SVG
    publish      puts tables and plots into docs/; the only one who writes figures there
    command_line what the command lines have in common;   spent: what has served, put aside

Beside these are programs whose figures stand in other pages, run as ``python bench/NAME.py FOLDER``: ``offline_builds``
and ``bazel_rules`` with real indexes, and ``endurance``, of the tree's server.
"""
