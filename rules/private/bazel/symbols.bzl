"""One repository that knows which Bazel runs: where the Python and C++ symbols come from there.

Bazel up to 8 has them built in, 9 has them in rules_python and rules_cc alone, and a WORKSPACE need not have those.
A name that is there proves nothing: 9 keeps a `cc_common` that has lost its parts, and a `native.cc_library` that fails.
"""

# A file cannot give a global name the value that it has outside of it, so a second file passes it on.
_BUILTIN = """\"\"\"Globals of this Bazel under names of ours.\"\"\"

BuiltinPyInfo = PyInfo
"""

_NATIVE = """\"\"\"Built into this Bazel.\"\"\"

load(":builtin.bzl", "BuiltinPyInfo")

PyInfo = BuiltinPyInfo
py_binary = native.py_binary
py_library = native.py_library
py_test = native.py_test
"""

_RULES_PYTHON = """\"\"\"From rules_python.\"\"\"

load(
    "@rules_python//python:defs.bzl",
    _PyInfo = "PyInfo",
    _py_binary = "py_binary",
    _py_library = "py_library",
    _py_test = "py_test",
)

PyInfo = _PyInfo
py_binary = _py_binary
py_library = _py_library
py_test = _py_test
"""

_NATIVE_CC = """\"\"\"Built into this Bazel.\"\"\"

CcToolchainInfo = cc_common.CcToolchainInfo
cc_commands = cc_common
"""

_RULES_CC = """\"\"\"From rules_cc.\"\"\"

load("@rules_cc//cc/common:cc_common.bzl", _cc_common = "cc_common")

CcToolchainInfo = _cc_common.CcToolchainInfo
cc_commands = _cc_common
"""

_SKYLIB = """\"\"\"The provider of string flags elsewhere, such as that of rules_python.\"\"\"

load("@bazel_skylib//rules:common_settings.bzl", _BuildSettingInfo = "BuildSettingInfo")

BuildSettingInfo = _BuildSettingInfo
"""

_NO_SKYLIB = """\"\"\"There is no bazel_skylib here, so no flag of its kind.\"\"\"

BuildSettingInfo = None
"""

_ACTIONS = """\"\"\"What this Bazel takes as parameters of actions.\"\"\"

NO_TOOLCHAIN = {no_toolchain}
"""

_BUILD = """\"\"\"What the rules take from Bazel or from the rule sets beside it.\"\"\"

exports_files([
    "actions.bzl",
    "cc.bzl",
    "flags.bzl",
    "python.bzl",
])

alias(
    name = "cc_toolchain",
    actual = "{cc_toolchain}",
    visibility = ["//visibility:public"],
)

alias(
    name = "python_version",
    actual = "{python_version}",
    visibility = ["//visibility:public"],
)
"""

_OUR_FLAG = "@rules_wheelhouse//rules:python_version"
_FLAG_OF_RULES_PYTHON = "@rules_python//python/config_settings:python_version"

def _bazel_symbols_impl(ctx):
    rules_python = ctx.attr.rules_python
    if not rules_python and not hasattr(native, "py_library"):
        fail("this Bazel has no Python rules built in: load rules_python before rules_wheelhouse in the WORKSPACE")
    if not rules_python:
        ctx.file("builtin.bzl", _BUILTIN, executable = False)
    ctx.file("python.bzl", _RULES_PYTHON if rules_python else _NATIVE, executable = False)

    # Bazel 7.1 and later have both; with --incompatible_auto_exec_groups, an action has to say whose tools it runs.
    no_toolchain = {"toolchain": None} if hasattr(ctx, "getenv") else {}
    ctx.file("actions.bzl", _ACTIONS.format(no_toolchain = no_toolchain), executable = False)
    cc = _rules_cc(ctx) if ctx.attr.rules_cc else None
    ctx.file("cc.bzl", _RULES_CC if cc else _NATIVE_CC, executable = False)
    ctx.file("flags.bzl", _SKYLIB if ctx.attr.bazel_skylib else _NO_SKYLIB, executable = False)
    flag = _FLAG_OF_RULES_PYTHON if rules_python and _has_flag(ctx) else _OUR_FLAG
    toolchain = cc or "@bazel_tools//tools/cpp:" + _toolchain_in(ctx.read(Label("@bazel_tools//tools/cpp:BUILD")))
    ctx.file("BUILD.bazel", _BUILD.format(cc_toolchain = toolchain, python_version = flag), executable = False)

def _rules_cc(ctx):
    """The label of the C++ tool chain in rules_cc, if that is new enough to have what a build needs."""
    folder = ctx.path(Label("@rules_cc//cc:defs.bzl")).dirname
    if not folder.get_child("common").get_child("cc_common.bzl").exists:
        return None
    return "@rules_cc//cc:" + _toolchain_in(ctx.read(folder.get_child("BUILD")))

def _toolchain_in(build_file):
    """Where there is one, the target that is no error for a platform that no tool chain is for."""
    optional = "optional_current_cc_toolchain"
    return optional if optional in build_file else "current_cc_toolchain"

def _has_flag(ctx):
    defs = ctx.path(Label("@rules_python//python:defs.bzl"))
    return defs.dirname.get_child("config_settings").get_child("config_settings.bzl").exists

bazel_symbols = repository_rule(
    implementation = _bazel_symbols_impl,
    attrs = {
        "bazel_skylib": attr.bool(doc = "Whether bazel_skylib is there."),
        "rules_cc": attr.bool(doc = "Whether rules_cc is there, as it has to be from Bazel 9 on."),
        "rules_python": attr.bool(doc = "Whether rules_python is there; else what is built into Bazel is used."),
    },
    doc = "Makes `actions.bzl`, `cc.bzl`, `flags.bzl` and `python.bzl`, and the flag `python_version` of rules_python where it is there.",
)
