"""Build backends run here, with no network and no view of the host."""
