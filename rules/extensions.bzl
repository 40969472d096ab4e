"""For MODULE.bazel: the repository of a lock. A WORKSPACE loads `repositories.bzl`; Bazel 4 does not know extensions.

    wheelhouse = use_extension("@rules_wheelhouse//rules:extensions.bzl", "wheelhouse")
    wheelhouse.lock(name = "pypi", lock = "//:lock.json", spec = "//:spec.yaml")
    use_repo(wheelhouse, "pypi")
"""

load("//rules/private/hub:extension.bzl", _wheelhouse = "wheelhouse")

wheelhouse = _wheelhouse
