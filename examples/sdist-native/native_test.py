"""C extensions that Bazel's own toolchain compiled."""

import os

import markupsafe._speedups
import psutil

assert psutil.Process().pid == os.getpid()
assert markupsafe.escape("<") == "&lt;"
assert markupsafe._speedups.__file__.endswith(".so")
