"""Which environment of a lock a configuration means. Plain logic; `choice.bzl` brings it the configuration."""

_ASPECTS = ["os", "cpu", "libc"]
_DEFAULT = "`python_version` of the lock"

def choose(environments, machine, python, default_python, hub, source = "", firm = False):
    """The environment that fits a machine and a Python.

    Args:
      environments: what `decode_environments` returned.
      machine: dict of `os`, `cpu` and `libc`, each empty where nothing tells it.
      python: major.minor, or empty where nothing tells it.
      default_python: the same; for a `python` that is empty, or that no environment has and that is not firm.
      hub: name of the lock's repository, for messages.
      source: what names `python`, for messages.
      firm: whether somebody asked for this `python`; else it may be a default of rules that know nothing of the lock.

    Returns:
      (name, "") or (None, why there is none or more than one).
    """
    fitting = [name for name in sorted(environments) if not _differences(environments[name], machine)]
    pythons = {environments[name]["python"]: True for name in fitting or environments}
    wanted = python if (firm and python) or python in pythons or not default_python else default_python
    if not fitting:
        return None, _no_match(environments, machine, wanted, source if wanted == python else _DEFAULT, hub)
    if not wanted and len(pythons) > 1:
        return None, (
            "it has environments of several Pythons for this machine (%s), and nothing says which is meant." % _listed(fitting) +
            _how_to_name(hub)
        )
    named = [name for name in fitting if not wanted or environments[name]["python"] == wanted]
    if not named:
        return None, _no_match(environments, machine, wanted, source if wanted == python else _DEFAULT, hub)
    if len(named) > 1:
        return None, (
            "more than one environment fits this machine (%s): constraints cannot tell them apart." % _listed(named) +
            _how_to_name(hub)
        )
    return named[0], ""

def _differences(environment, machine):
    return [
        "%s is %s here, %s there" % (aspect, machine[aspect] or "not known", environment[aspect])
        for aspect in _ASPECTS
        if environment[aspect] and environment[aspect] != machine[aspect]
    ]

def _no_match(environments, machine, python, source, hub):
    described = [machine[aspect] for aspect in _ASPECTS if machine[aspect] and (aspect != "libc" or machine["os"] == "linux")]
    lines = ["none of its environments fits this configuration: %s, Python %s%s." % (
        " ".join(described) or "a machine of which nothing is known",
        python or "of any version",
        " (that is what %s says)" % source if python and source else "",
    )]
    for name in sorted(environments):
        differences = _differences(environments[name], machine)
        if python and environments[name]["python"] != python:
            differences.append("Python is %s here, %s there" % (python, environments[name]["python"]))
        lines.append("  %s: %s" % (name, "; ".join(differences)))
    return "\n".join(lines) + _how_to_name(hub)

def _how_to_name(hub):
    return (
        "\nName one with --@%s//:environment=NAME, or build for its platform with --platforms=@%s//:platform_NAME; " % (hub, hub) +
        "or name a Python with --@rules_wheelhouse//rules:python_version=X.Y, or once and for all with `python_version` of the lock; " +
        "or add what is missing to the spec and resolve."
    )

def _listed(names):
    return ", ".join(sorted(names))
