"""The Python of the toolchain, for programs that actions run: `py_binary` would need a `python` on the PATH of Bazel 4."""

InterpreterInfo = provider(
    doc = "A Python that can be run.",
    fields = {
        "files": "depset of File: what it needs.",
        "path": "string: of its executable.",
    },
)

_TOOLCHAIN = "@bazel_tools//tools/python:toolchain_type"

def _interpreter_impl(ctx):
    runtime = ctx.toolchains[_TOOLCHAIN].py3_runtime
    if not runtime:
        fail("the Python toolchain has no Python 3")
    if runtime.interpreter:
        files = depset([runtime.interpreter], transitive = [runtime.files] if runtime.files else [])
        return [InterpreterInfo(files = files, path = runtime.interpreter.path)]
    return [InterpreterInfo(files = depset(), path = runtime.interpreter_path)]

interpreter = rule(
    implementation = _interpreter_impl,
    toolchains = [_TOOLCHAIN],
    doc = "The Python of the platform that it is configured for; of the execution platform, where its attribute says `exec`.",
)
