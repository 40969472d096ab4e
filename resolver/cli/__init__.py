"""The command line: parses arguments, wires the library, shows progress, maps errors to exit codes."""
