"""Rules and macros for BUILD files."""

load("//rules/private/libraries:console_script.bzl", _console_script = "console_script")
load("//rules/private/resolver:requirements.bzl", _wheelhouse_requirements = "wheelhouse_requirements")

console_script = _console_script
wheelhouse_requirements = _wheelhouse_requirements
