"""A lock -> the files of its repository: path -> text. Plain logic; the macros that the text calls are in `targets.bzl`."""

load("//rules/private/environments:decode.bzl", "decode_environments", "interpreter_of")
load("//rules/private/lock:decode.bzl", "artifact_repositories")
load("//rules/private/lock:graph.bzl", "components")
load("//rules/private/lock:names.bzl", "build_name", "project_of", "repository_name")
load(":starlark.bzl", "call", "rendered")

_TARGETS = "@rules_wheelhouse//rules/private/hub:targets.bzl"
_HEAD = "\"\"\"%s Made from the lock by rules_wheelhouse.\"\"\"\n\n"

def hub_files(hub, lock, overrides = {}, default_python = "", stale = ""):
    """Everything that the repository of a lock holds, but for the lock itself and `repositories.bzl`.

    Args:
      hub: name of the repository.
      lock: what `decode_lock` returned.
      overrides: project -> a dict as `wheelhouse_override` makes it.
      default_python: see `choose`.
      stale: why the lock may not be used, where that is so; then whatever is built from it fails.

    Returns:
      Path -> text.
    """
    projects = _projects(lock)
    _check_overrides(overrides, lock)
    files = {
        "BUILD.bazel": _root(hub, lock, projects, default_python, stale),
        "_builds/BUILD.bazel": _builds(lock, overrides),
        "_files/BUILD.bazel": _files(hub, lock, overrides),
        "_wheels/BUILD.bazel": _wheels(lock),
        "requirements.bzl": _requirements(hub, lock, projects),
    }
    optional = _optional(lock, projects)
    if optional:
        files["_optional/BUILD.bazel"] = _HEAD % "What not every environment has, empty where it is not." + (
            'load("%s", "optional_targets")\n\n' % _TARGETS
        ) + call("optional_targets", {"projects": optional})
    for name, pins in projects.items():
        files[name + "/BUILD.bazel"] = _project(name, pins, lock)
        if "-" in name:
            files[name.replace("-", "_") + "/BUILD.bazel"] = _underscored(name, pins, lock)
    return files

def _projects(lock):
    """Project -> environment -> its pin, where `dependencies` knows nothing of cycles and `cycle` names them."""
    graph = {}
    for pins in lock["resolutions"].values():
        for name, pin in pins.items():
            for dependency in [name] + pin["dependencies"]:
                if dependency not in graph:
                    graph[dependency] = []
            graph[name] += [other for other in pin["dependencies"] if other not in graph[name]]

    # Of the union of all environments: `bazel query` and aspects see every branch of a select, and want no cycle there.
    cycles = components(graph)
    projects = {}
    for environment, pins in lock["resolutions"].items():
        for name, pin in pins.items():
            members = [other for other in cycles[name] if other in pins]
            outside = {}
            for member in members:
                for dependency in pins[member]["dependencies"]:
                    if dependency not in cycles[name]:
                        outside[dependency] = True
            projects.setdefault(name, {})[environment] = {
                "artifact": pin["artifact"],
                "cycle": [pins[other]["artifact"] for other in members if other != name],
                "dependencies": sorted(outside),
                "extras": pin["extras"],
            }
    return {name: projects[name] for name in sorted(projects)}

def _optional(lock, projects):
    """Project -> its environments, where these are not all."""
    return {
        name: sorted(pins)
        for name, pins in projects.items()
        if len(pins) < len(lock["environments"])
    }

def _built(lock, artifact):
    return lock["artifacts"][artifact]["kind"] == "sdist"

def _file(lock, artifact, environment):
    if _built(lock, artifact):
        return "//_builds:" + build_name(artifact, environment)
    return "//_files:" + artifact

def _installed(lock, artifact, environment):
    if _built(lock, artifact):
        return "//_builds:%s.installed" % build_name(artifact, environment)
    return "//_wheels:" + artifact

def _extras(pins):
    return sorted({extra: True for pin in pins.values() for extra in pin["extras"]})

def _underscored(name, pins, lock):
    built = [pin for pin in pins.values() if _built(lock, pin["artifact"])]
    return _HEAD % (name + ", as rules_python writes it.") + 'load("%s", "underscored_targets")\n\n' % _TARGETS + call("underscored_targets", {
        "name": name.replace("-", "_"),
        "extras": _extras(pins),
        "has_sdist": True if built else None,
        "project": name,
    })

def _project(name, pins, lock):
    return _HEAD % (name + ".") + 'load("%s", "project_targets")\n\n' % _TARGETS + call("project_targets", {
        "name": name,
        "dependencies": {environment: pin["dependencies"] for environment, pin in pins.items()},
        "extras": _extras(pins),
        "files": {environment: _file(lock, pin["artifact"], environment) for environment, pin in pins.items()},
        "installed": {
            environment: [_installed(lock, artifact, environment) for artifact in [pin["artifact"]] + pin["cycle"]]
            for environment, pin in pins.items()
        },
        "sdists": {
            environment: "//_files:" + pin["artifact"]
            for environment, pin in pins.items()
            if _built(lock, pin["artifact"])
        },
    })

def _root(hub, lock, projects, default_python, stale):
    groups = {}
    for environment, roots in lock.get("roots", {}).items():
        for group, requirements in roots.items():
            if group:
                names = {project_of(requirement): True for requirement in requirements}
                groups.setdefault(group, {})[environment] = sorted(names)
    return _HEAD % ("The lock's environments, its groups and its index.") + (
        'load("%s", "hub_targets")\n\nexports_files([\n    "lock.json",\n    "requirements.bzl",\n])\n\n' % _TARGETS
    ) + call("hub_targets", {
        "default_python": default_python or None,
        "environments": decode_environments(lock),
        "files": {environment: sorted(_files_for(lock, environment)) for environment in lock["environments"]},
        "groups": groups,
        "hub": hub,
        "projects": {
            environment: sorted([name for name, pins in projects.items() if environment in pins])
            for environment in lock["environments"]
        },
        "stale": stale or None,
    })

def _files_for(lock, environment):
    """Names of all that installs or builds anything for an environment."""
    seen = {}
    pending = [pin["artifact"] for pin in lock["resolutions"].get(environment, {}).values()]
    for _ in range(len(lock["artifacts"]) + 1):
        following = []
        for artifact in pending:
            if artifact not in seen:
                seen[artifact] = True
                built = lock["builds"].get(artifact, {}).get("environments", {}).get(environment)
                if built:
                    following += [pin["artifact"] for pin in _closure(lock, built).values()]
        pending = following
        if not pending:
            break
    return seen

def _closure(lock, built):
    return lock["closures"][built["closure"]] if "closure" in built else {}

def _files(hub, lock, overrides):
    rows = [
        {
            "name": row["filename"],
            "patched": True if overrides.get(row["project"], {}).get("patches") else None,
            "repository": repository_name(hub, row["filename"], row["sha256"]),
        }
        for row in artifact_repositories(hub, lock)
    ]
    return _HEAD % "Every artifact, fetched when it is built." + (
        'load("@rules_wheelhouse//rules/private/artifacts:target.bzl", "artifact")\n' +
        'load("//:repositories.bzl", "file_of")\n\n' +
        'package(default_visibility = ["//visibility:public"])\n'
    ) + "".join([
        "\nartifact(\n    name = %s,\n    file = file_of(%s, %s),\n%s)\n" % (
            repr(row["name"]),
            repr(row["repository"]),
            repr(row["name"]),
            "    patched = True,\n" if row["patched"] else "",
        )
        for row in rows
    ])

def _wheels(lock):
    return _HEAD % "Every wheel, installed by itself." + (
        'load("@rules_wheelhouse//rules/private/wheels:installed.bzl", "installed_wheel")\n\n' +
        'package(default_visibility = ["//visibility:public"])\n\n' +
        "[installed_wheel(\n    name = wheel,\n    wheel = \"//_files:\" + wheel,\n) for wheel in %s]\n" % (
            rendered([name for name in sorted(lock["artifacts"]) if lock["artifacts"][name]["kind"] == "wheel"])
        )
    )

def _builds(lock, overrides):
    environments = decode_environments(lock)
    calls = []
    for sdist in sorted(lock["builds"]):
        build = lock["builds"][sdist]
        project = lock["artifacts"][sdist]["project"]
        for environment in sorted(build["environments"]):
            built = build["environments"][environment]
            calls.append(call("sdist_targets", _build_arguments(
                lock,
                sdist,
                project,
                build,
                environment,
                built,
                environments[environment],
                overrides.get(project, {}),
            )))
    return _HEAD % "Every source distribution, built for each environment that needs it." + (
        'load("%s", "sdist_targets")\n\npackage(default_visibility = ["//visibility:public"])\n' % _TARGETS
    ) + "".join(["\n" + text for text in calls])

def _build_arguments(lock, sdist, project, build, environment, built, machine, override):
    reason = built.get("unbuildable") or built.get("unknown")
    if reason:
        return {
            "name": build_name(sdist, environment),
            "environment": environment,
            "reason": reason,
            "sdist": sdist,
        }
    return {
        "name": build_name(sdist, environment),
        "backend": build.get("backend") or None,
        "backend_path": build.get("backend_path", []),
        "compiler": None if override.get("compiler", True) else False,
        "env": override.get("env", {}),
        "environment": environment,
        "interpreter": interpreter_of(machine),
        "machine": {aspect: machine[aspect] for aspect in ["os", "cpu", "libc"]},
        "programs": override.get("system", {}),
        "project": project,
        "pure": True if override.get("pure") else None,
        "sdist": sdist,
        "system": built.get("system", []),
        "wheels": [_file(lock, pin["artifact"], environment) for _, pin in sorted(_closure(lock, built).items())],
    }

def _check_overrides(overrides, lock):
    projects = {artifact["project"]: True for artifact in lock["artifacts"].values()}
    for project in overrides:
        if project not in projects:
            fail("override of %s: the lock has no artifact of that project" % project)

_REQUIREMENTS = '''"""Labels of projects, for those who come from rules_python. Made from the lock by rules_wheelhouse."""

load("@rules_wheelhouse//rules/private/lock:names.bzl", "project_of")

_PROJECTS = {projects}

# Not in every environment of the lock. The lists below have of them what is empty elsewhere.
_OPTIONAL = {optional}

def _target(project, title):
    # A target whose name is that of the project itself ends with `_`.
    return str(Label("//%s:%s" % (project, title + "_" if title == project else title or project)))

def _listed(project, title = ""):
    if project in _OPTIONAL:
        return str(Label("//_optional:" + (project + "." + title if title else project)))
    return _target(project, title)

all_requirements = [_listed(project) for project in _PROJECTS]
all_whl_requirements = [_listed(project, "whl") for project in _PROJECTS]

def _asked(requirement, title = ""):
    project = project_of(requirement)
    if project not in _PROJECTS:
        fail("requirement(%r): the lock {hub} has no project %s" % (requirement, project))
    return _target(project, title)

def requirement(name):
    """Label of the library of a project, however its name is written; extras, versions and markers do not matter."""
    return _asked(name)

def whl_requirement(name):
    """Label of its wheel."""
    return _asked(name, "whl")

def dist_info_requirement(name):
    """Label of its metadata."""
    return _asked(name, "dist_info")
'''

def _requirements(hub, lock, projects):
    # `{` in the text is Starlark's, so that `format` cannot fill it in.
    values = {
        "hub": hub,
        "optional": rendered(sorted(_optional(lock, projects))),
        "projects": rendered(projects.keys()),
    }
    text = _REQUIREMENTS
    for name, value in values.items():
        text = text.replace("{%s}" % name, value)
    return text
