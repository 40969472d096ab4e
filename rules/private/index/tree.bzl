"""Artifacts -> the tree that pip, uv and the server read: the bytes that `wheelhouse vendor` makes."""

load("@rules_wheelhouse_bazel//:python.bzl", "py_binary")
load("//rules/private/bazel:tools.bzl", "run_tool", "tool_attributes")
load("//rules/private/resolver:launcher.bzl", "launcher")

_TOOL = "@rules_wheelhouse_tool//:wheelhouse.pyz"

def _index_tree_impl(ctx):
    tree = ctx.actions.declare_directory(ctx.label.name)
    run_tool(
        ctx,
        parameters = {
            "environments": ctx.attr.environments,
            "files": {file.basename: file.path for file in ctx.files.files},
            "lock": ctx.file.lock.path,
            "tree": tree.path,
            "wheelhouse": ctx.file._wheelhouse.path,
        },
        inputs = depset([ctx.file.lock, ctx.file._wheelhouse] + ctx.files.files),
        outputs = [tree],
        mnemonic = "WheelhouseIndex",
        message = "Making the index %s" % ctx.label.name,
    )
    return [DefaultInfo(files = depset([tree]), runfiles = ctx.runfiles([tree]))]

_index_tree = rule(
    implementation = _index_tree_impl,
    attrs = dict(
        tool_attributes("index"),
        environments = attr.string_list(mandatory = True, doc = "What it is for."),
        files = attr.label_list(mandatory = True, allow_files = True, doc = "Their artifacts."),
        lock = attr.label(mandatory = True, allow_single_file = True, doc = "lock.json"),
        _wheelhouse = attr.label(default = _TOOL, allow_single_file = True),
    ),
    doc = "A vendored tree: the Simple API (PEP 503, PEP 691), the artifacts, and a server for them.",
)

def _index_tar_impl(ctx):
    archive = ctx.actions.declare_file(ctx.label.name + ".tar")
    tree = ctx.file.tree
    run_tool(
        ctx,
        parameters = {"archive": archive.path, "directory": tree.path, "name": tree.basename},
        inputs = depset([tree]),
        outputs = [archive],
        mnemonic = "WheelhouseTar",
        message = "Packing the index %s" % tree.basename,
    )
    return [DefaultInfo(files = depset([archive]))]

_index_tar = rule(
    implementation = _index_tar_impl,
    attrs = dict(
        tool_attributes("tar"),
        tree = attr.label(mandatory = True, allow_single_file = True, doc = "A vendored tree."),
    ),
    doc = "A tar file of a vendored tree, with the same bytes for the same lock.",
)

def index_targets(name, serve, files, environments, lock, **kwargs):
    """The vendored index of some environments: `NAME`, `NAME_tar`, and a target that serves it.

    Args:
      name: of the tree.
      serve: name of the runnable target.
      files: labels of the artifacts of the environments.
      environments: their names.
      lock: label of lock.json.
      **kwargs: common attributes, such as `visibility`.
    """
    _index_tree(name = name, environments = environments, files = files, lock = lock, tags = ["manual"], **kwargs)
    _index_tar(name = name + "_tar", tags = ["manual"], tree = ":" + name, **kwargs)
    main = serve + ".main.py"
    launcher(
        name = serve + ".main",
        files = {":" + name: "tree"},
        main = main,
        tags = ["manual"],
        template = Label("//rules/private/resolver:serve.py"),
        visibility = ["//visibility:private"],
    )
    py_binary(name = serve, srcs = [main], data = [":" + name], main = main, tags = ["manual"], **kwargs)
