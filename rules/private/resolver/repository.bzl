"""Where the resolver comes from: one file, `wheelhouse.pyz`, which `make tool` builds and a release carries."""

TOOL = "WHEELHOUSE_TOOL"

_FOUND = """\"\"\"The resolver.\"\"\"

exports_files(
    ["wheelhouse.pyz"],
    visibility = ["//visibility:public"],
)
"""

_MISSING = """\"\"\"There is no resolver here.\"\"\"

load("@rules_wheelhouse//rules/private/resolver:missing.bzl", "missing_tool")

missing_tool(
    name = "wheelhouse.pyz",
    visibility = ["//visibility:public"],
)
"""

def _wheelhouse_tool_impl(ctx):
    found = _found(ctx)
    if ctx.attr.url:
        ctx.download(url = ctx.attr.url, output = "wheelhouse.pyz", sha256 = ctx.attr.sha256)
    elif found and found.exists:
        ctx.symlink(found, "wheelhouse.pyz")
    ctx.file("BUILD.bazel", _FOUND if ctx.attr.url or (found and found.exists) else _MISSING, executable = False)

def _found(ctx):
    named = ctx.os.environ.get(TOOL, "")
    if named:
        return ctx.path(named)
    if ctx.attr.file:
        return ctx.path(ctx.attr.file)
    return ctx.path(Label("//:MODULE.bazel")).dirname.get_child("dist").get_child("wheelhouse.pyz")

wheelhouse_tool = repository_rule(
    implementation = _wheelhouse_tool_impl,
    attrs = {
        "file": attr.label(doc = "The file; default: `dist/wheelhouse.pyz` of these rules."),
        "sha256": attr.string(doc = "Of what lies at the URL."),
        "told": attr.string(doc = "What `wheelhouse_lock` was told of `file`, which another one may be told otherwise."),
        "url": attr.string(doc = "Where the file lies, instead."),
    },
    environ = [TOOL],
    doc = "The resolver as one file. `$WHEELHOUSE_TOOL` names another.",
)
