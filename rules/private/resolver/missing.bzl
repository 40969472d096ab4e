"""What stands for the resolver where it is not: nothing is wrong until something needs it."""

def _missing_tool_impl(ctx):
    fail("""

the resolver is not here: %s.
A release of rules_wheelhouse carries it as dist/wheelhouse.pyz; in a checkout, `make tool` builds it. Or say where it is:
    wheelhouse.tool(file = "//tools:wheelhouse.pyz")            in MODULE.bazel
    wheelhouse_lock(..., tool = "//tools:wheelhouse.pyz")       in a WORKSPACE
    --repo_env=WHEELHOUSE_TOOL=/path/of/wheelhouse.pyz
""" % ctx.label)

missing_tool = rule(
    implementation = _missing_tool_impl,
    doc = "Fails when something is built that needs it.",
)
