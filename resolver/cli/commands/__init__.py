"""One module per command; each has ``run(args, terminal) -> exit code``."""
