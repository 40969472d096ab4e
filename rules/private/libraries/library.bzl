"""Libraries: an installed wheel with all that it depends on, as every Python rule takes it."""

load("@rules_wheelhouse_bazel//:python.bzl", "PyInfo")
load("//rules/private/wheels:installed.bzl", "WheelInfo")

ProjectInfo = provider(
    doc = "Whose library it is.",
    fields = {"name": "string: normalised name of the project."},
)

def _library_impl(ctx):
    own = [target[WheelInfo] for target in ctx.attr.installed]
    files = [wheel.site_packages for wheel in own]
    brought = ctx.attr.deps + [ctx.attr.site]
    infos = [target[PyInfo] for target in brought]
    runfiles = ctx.runfiles(files)
    for target in brought:
        runfiles = runfiles.merge(target[DefaultInfo].default_runfiles)
    return [
        DefaultInfo(files = depset(files), runfiles = runfiles),
        PyInfo(
            transitive_sources = depset(files, transitive = [info.transitive_sources for info in infos]),
            imports = depset([wheel.import_path for wheel in own], transitive = [info.imports for info in infos]),
            has_py2_only_sources = False,
            has_py3_only_sources = True,
        ),
    ] + ([ProjectInfo(name = ctx.attr.project)] if ctx.attr.project else [])

library = rule(
    implementation = _library_impl,
    attrs = {
        "deps": attr.label_list(providers = [PyInfo], doc = "What it depends on."),
        "installed": attr.label_list(
            providers = [WheelInfo],
            doc = "Installed wheels: that of the project, and those of the cycle that it is part of.",
        ),
        "project": attr.string(doc = "Whose library it is; empty for a collection."),
        "site": attr.label(mandatory = True, providers = [PyInfo], doc = "The `site` of the lock."),
    },
    provides = [PyInfo],
    doc = "What `py_binary`, `py_library` and `py_test` take as one of their `deps`.",
)
