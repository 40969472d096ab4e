"""The environment that the configuration means, as a value that `config_setting` can ask for."""

load(":choose.bzl", "choose")
load(":decode.bzl", "CPUS", "LIBCS", "OPERATING_SYSTEMS", "PYTHONS", "minor_version")
load(":flags.bzl", "flag_value")

_HERE = "@rules_wheelhouse//rules/private/environments:"

def _environment_choice_impl(ctx):
    if ctx.attr.stale:
        fail("\n\n%s\n" % ctx.attr.stale)
    environments = json.decode(ctx.attr.environments)
    name = flag_value(ctx.attr.flag)
    if name and name not in environments:
        fail("--@%s//:environment=%s: the lock has no such environment; it has: %s" % (
            ctx.attr.hub,
            name,
            ", ".join(sorted(environments)),
        ))
    if not name:
        name = ctx.attr.constraint
    if not name:
        machine = {"cpu": ctx.attr.cpu, "libc": ctx.attr.libc, "os": ctx.attr.os}
        python, source, firm = _python(ctx)
        name, why = choose(environments, machine, python, ctx.attr.default_python, ctx.attr.hub, source, firm)
        if name == None:
            fail("\n\n@%s: %s\n" % (ctx.attr.hub, why))
    return [config_common.FeatureFlagInfo(value = name)]

def _python(ctx):
    """Major.minor, what names it, both empty where nothing does, and whether somebody asked for it."""
    for source, text, firm in [
        ("--@rules_wheelhouse//rules:python_version", flag_value(ctx.attr._python_version), True),
        ("the platform", ctx.attr.python, True),
        # It has a default, which is that of its tool chains.
        ("the `python_version` flag of rules_python", flag_value(ctx.attr._python_version_of_rules_python), False),
    ]:
        if text:
            return minor_version(text), source, firm
    return "", "", False

_environment_choice = rule(
    implementation = _environment_choice_impl,
    attrs = {
        "constraint": attr.string(doc = "The environment whose own constraint the platform has."),
        "cpu": attr.string(doc = "Of the platform."),
        "default_python": attr.string(doc = "See `choose`."),
        "environments": attr.string(mandatory = True, doc = "JSON of what `decode_environments` returned."),
        "flag": attr.label(mandatory = True, doc = "The flag that names an environment outright."),
        "hub": attr.string(mandatory = True, doc = "Name of the lock's repository, for messages."),
        "libc": attr.string(doc = "Of the platform."),
        "os": attr.string(doc = "Of the platform."),
        "python": attr.string(doc = "Of the platform."),
        "stale": attr.string(doc = "Why the lock may not be used; empty where it may."),
        "_python_version": attr.label(default = "//rules:python_version"),
        "_python_version_of_rules_python": attr.label(default = "@rules_wheelhouse_bazel//:python_version"),
    },
    doc = "One environment of a lock, by the flag, by the platform or by its parts.",
)

def environment_choice(name, environments, flag, hub, default_python, constraints, stale = ""):
    """Chooses an environment by the configuration.

    Args:
      name: of the target; a `config_setting` can compare its value with `flag_values`.
      environments: what `decode_environments` returned.
      flag: label of the flag that names an environment outright.
      hub: name of the lock's repository, for messages.
      default_python: major.minor, for when nothing names a Python that the lock has.
      constraints: environment -> label of the `config_setting` of its own constraint.
      stale: why the lock may not be used, where that is so.
    """
    _environment_choice(
        name = name,
        constraint = select(_with_default({setting: environment for environment, setting in constraints.items()})),
        cpu = machine_select("cpu"),
        default_python = default_python,
        environments = json.encode(environments),
        flag = flag,
        hub = hub,
        libc = machine_select("libc"),
        os = machine_select("os"),
        stale = stale,
        python = select(_with_default({_HERE + "is_python_" + python: python for python in PYTHONS})),
    )

def machine_select(aspect):
    """A select of what a platform's constraints say.

    Args:
      aspect: `os`, `cpu` or `libc`.

    Returns:
      A select of strings, empty where they say nothing that is known here.
    """
    values = {"cpu": CPUS, "libc": LIBCS, "os": OPERATING_SYSTEMS}[aspect]
    return select(_with_default({_HERE + "is_" + value: value for value in values}))

def _with_default(values):
    result = dict(values)
    result["//conditions:default"] = ""
    return result
