"""A file of an artifact's repository as a target that no query follows.

The file is named by a string, and a transition sets the one label flag to it: what loads packages without analysing them
(`bazel query`) does not see the edge, so that it fetches nothing, while a build fetches what its configuration needs.
"""

load("//rules/private/bazel:tools.bzl", "run_tool", "tool_attributes")

# Bazel 4 takes labels in transitions for those of the main repository, unless they say which repository they are of.
_FLAG = str(Label("//rules/private/artifacts:artifact"))

def _artifact_transition_impl(_settings, attr):
    return {_FLAG: attr.file}

_artifact_transition = transition(
    implementation = _artifact_transition_impl,
    inputs = [],
    outputs = [_FLAG],
)

# A Bazel that still has the host configuration takes no transition there.
_HOST = """

%s is wanted in the host configuration, in which this Bazel follows no transition, so that nothing of a lock is there.
Let what asks for it ask in the exec configuration: `exec_tools` of a genrule in place of `tools`, or `cfg = "exec"` of a rule.
"""

def _artifact_impl(ctx):
    files = ctx.files._artifact
    if not files:
        fail(_HOST % ctx.label.name)
    if ctx.attr.patched:
        files = [_repacked(ctx, files)]
    return [DefaultInfo(files = depset(files), runfiles = ctx.runfiles(files))]

def _repacked(ctx, files):
    archive = ctx.actions.declare_file(ctx.label.name)
    contents = [file for file in files if file.basename != _ROOT]
    root = [file for file in files if file.basename == _ROOT][0]
    run_tool(
        ctx,
        parameters = {"archive": archive.path, "files": [file.path for file in contents], "root": root.dirname},
        inputs = depset(files),
        outputs = [archive],
        mnemonic = "WheelhousePack",
        message = "Packing the patched %s" % ctx.label.name,
    )
    return archive

_ROOT = ".wheelhouse-root"

artifact = rule(
    implementation = _artifact_impl,
    attrs = dict(
        tool_attributes("pack"),
        file = attr.string(mandatory = True, doc = "Label of the file in the artifact's own repository."),
        patched = attr.bool(doc = "Whether that is what lies in the archive, patched, rather than the archive."),
        _allowlist_function_transition = attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        _artifact = attr.label(
            default = "//rules/private/artifacts:artifact",
            allow_files = True,
            cfg = _artifact_transition,
        ),
    ),
    doc = "A wheel or a source distribution, fetched when it is built.",
)
