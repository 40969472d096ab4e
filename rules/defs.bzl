"""Rules and macros for BUILD files."""

load("//rules/private/libraries:console_script.bzl", _console_script = "console_script")

console_script = _console_script
