"""Targets that keep a lock and its spec together."""

load("@rules_wheelhouse_bazel//:python.bzl", "py_binary", "py_test")
load(":launcher.bzl", "launcher")

_TOOL = Label("@rules_wheelhouse_tool//:wheelhouse.pyz")

def wheelhouse_requirements(name, spec, lock, data = [], **kwargs):
    """Makes `NAME.resolve`, which regenerates the lock, and `NAME.check`, a test that the lock is not stale.

    `bazel run //:NAME.resolve -- --update` writes the lock into the source tree; its arguments are those of `wheelhouse
    resolve`. `bazel test //:NAME.check` needs no network. Neither depends on the repository of the lock, so that both run
    while it is stale.

    Args:
      name: such as `pypi`.
      spec: label of the spec, in this repository.
      lock: label of lock.json, in this repository.
      data: labels of the files that the spec includes.
      **kwargs: for the targets, such as `visibility`.
    """
    test = dict(kwargs, tags = kwargs.get("tags", []) + ["block-network"], size = "small")
    for mode, rule, arguments in [("resolve", py_binary, kwargs), ("check", py_test, test)]:
        main = "%s.%s.main.py" % (name, mode)
        launcher(
            name = "%s.%s.main" % (name, mode),
            files = {lock: "lock", spec: "spec", _TOOL: "tool"},
            main = main,
            template = Label("//rules/private/resolver:launch.py"),
            values = {"mode": mode},
            tags = ["manual"],
            visibility = ["//visibility:private"],
        )
        rule(
            name = "%s.%s" % (name, mode),
            srcs = [main],
            main = main,
            data = [spec, lock, _TOOL] + data,
            **arguments
        )
