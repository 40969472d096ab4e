"""For a WORKSPACE: the repository of a lock.

    load("@rules_wheelhouse//rules:repositories.bzl", "wheelhouse_lock")

    wheelhouse_lock(name = "pypi", lock = "//:lock.json", spec = "//:spec.yaml")

    load("@pypi//:repositories.bzl", "artifacts")

    artifacts()
"""

load("//rules/private/bazel:symbols.bzl", "bazel_symbols")
load("//rules/private/hub:override.bzl", _wheelhouse_override = "wheelhouse_override")
load("//rules/private/hub:repository.bzl", "wheelhouse_hub")
load("//rules/private/resolver:repository.bzl", "wheelhouse_tool")

wheelhouse_override = _wheelhouse_override

def wheelhouse_lock(name, lock, tool = None, **kwargs):
    """Declares the repository of a lock; `@NAME//:repositories.bzl` then declares those of its artifacts.

    Args:
      name: of the repository.
      lock: label of lock.json.
      tool: label of the resolver's file; default: `dist/wheelhouse.pyz` of these rules. One serves all locks: give it to the
        first of them.
      **kwargs: `spec`, `overrides` (a list of `wheelhouse_override`), `python_version`, `mirrors`, `directory`, `netrc`,
        `auth_patterns`, `canonical_id`, as the attributes of the tag `lock` in `extensions.bzl`.
    """
    if not native.existing_rule("rules_wheelhouse_bazel"):
        bazel_symbols(
            name = "rules_wheelhouse_bazel",
            bazel_skylib = native.existing_rule("bazel_skylib") != None,
            rules_python = native.existing_rule("rules_python") != None,
        )
    told = str(tool) if tool else ""
    declared = native.existing_rule("rules_wheelhouse_tool")
    if not declared:
        wheelhouse_tool(name = "rules_wheelhouse_tool", file = tool, told = told)
    elif told and told != declared.get("told", ""):
        fail("wheelhouse_lock(name = %r, tool = %r): a lock before it says another thing (%s); one tool serves all: give it to the first" % (
            name,
            told,
            declared.get("told", "") or "the default",
        ))
    wheelhouse_hub(name = name, hub = name, lock = lock, **kwargs)
