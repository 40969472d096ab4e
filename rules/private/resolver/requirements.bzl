"""Targets that keep a lock and its spec together."""

load("@rules_wheelhouse_bazel//:python.bzl", "py_binary", "py_test")
load("//rules/private/lock:names.bzl", "path_of")
load(":launcher.bzl", "launcher")

_TOOL = Label("@rules_wheelhouse_tool//:wheelhouse.pyz")

def wheelhouse_requirements(name, spec, lock, data = [], **kwargs):
    """Makes `NAME.resolve`, which regenerates the lock, and `NAME.check`, a test that the lock is not stale.

    `bazel run //:NAME.resolve -- --update` writes the lock into the source tree; its arguments are those of `wheelhouse
    resolve`. `bazel test //:NAME.check` needs no network. Neither depends on the repository of the lock, so that both run
    while it is stale; with bzlmod, the first one also makes a lock that is not there yet, or that cannot be read.

    Args:
      name: such as `pypi`.
      spec: label of the spec, in this repository.
      lock: label of lock.json, in this repository.
      data: labels of the files that the spec includes or extends.
      **kwargs: for the targets, such as `visibility`.
    """
    test = dict(kwargs, tags = kwargs.get("tags", []) + ["block-network"], size = "small")
    for mode, rule, locks, arguments in [("resolve", py_binary, [], kwargs), ("check", py_test, [lock], test)]:
        main = "%s.%s.main.py" % (name, mode)
        launcher(
            name = "%s.%s.main" % (name, mode),
            files = {spec: "spec", _TOOL: "tool"},
            main = main,
            template = Label("//rules/private/resolver:launch.py"),
            values = {"lock": path_of(lock, native.package_name()), "mode": mode},
            tags = ["manual"],
            visibility = ["//visibility:private"],
        )
        rule(
            name = "%s.%s" % (name, mode),
            srcs = [main],
            main = main,
            data = [spec, _TOOL] + locks + data,
            **arguments
        )
