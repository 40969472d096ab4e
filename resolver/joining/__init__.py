"""One file from the modules of a package, for whoever can carry one file only. SQLite's amalgamation is the precedent.

The file means what the package means: `text.joined` refuses heads that it could not keep, and `meaning.check` looks at
all the rest. That takes as long as compiling the package, so a test asks it, and no command does.
"""
