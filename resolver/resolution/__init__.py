"""What is chosen: one exact resolution for each environment, and one version for all where there is one.

What is where, in the order in which data travels. What is asked for, and what may be chosen::

    specifiers      which releases meet a specifier, for all environments at once
    restated        what the spec can say in place of invalid metadata
    candidates      which file of each release an environment would use, and why no other
    wanted          the nodes and requirements of a search, and the rules of the spec

What the indexes said, asked once for all environments::

    catalogue       projects, and what candidates claim
    reading_ahead   the next releases, where a search goes through a project one by one

What follows from it in one environment::

    matching        which candidates meet the requirements on a project, the best first
    demands         what a candidate asks for in its turn
    outlook         candidates that no solution can have, seen without a search
    culprits        requirements of the spec that leave no solution by themselves

Searches, each in one environment::

    scouting        what they will most likely ask of the indexes, before they begin
    order           which project goes before which, as dead ends have taught
    provider        the answers to what a search asks, in resolvelib's terms
    straight        a search that never goes back
    nogoods         what cannot all hold at once, and what follows from that
    learning        a search that goes back, and learns from each conflict
    prereleases     who let pre-releases into a solution
    remarks         what a person should be told of a solution
    explanation     why there is no solution
    search          all ways to search, one after the other: requirements -> `Resolution`

All environments::

    alignment       one version for all of them where there is one
    concessions     what some gave up for that
    unmet           wishes for versions that were not granted
    behind          older releases, for want of a file

Nothing is imported here: a run loads the modules that it needs, and no others.
"""
