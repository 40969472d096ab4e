"""What a workspace says of one project of a lock, as text that attributes of repositories can hold."""

load("//rules/private/lock:names.bzl", "normalized")

def wheelhouse_override(
        project,
        patches = [],
        patch_strip = 0,
        system = {},
        env = {},
        pure = False,
        compiler = True):
    """Changes how a project is fetched or built.

    Args:
      project: its name.
      patches: labels of patches to what is in its wheels and source distributions.
      patch_strip: leading parts to strip from file names in patches.
      system: label of a program -> the name under which its build looks for it (`build.system` of the spec).
      env: variables of the process environment of its build.
      pure: its source distribution builds for any machine on any other.
      compiler: whether its build gets Bazel's C and C++ tool chain.

    Returns:
      A string for `overrides`.
    """
    return json.encode({
        "compiler": compiler,
        "env": env,
        "patch_strip": patch_strip,
        "patches": [_absolute(label) for label in patches],
        "project": project,
        "pure": pure,
        "system": {_absolute(label): name for label, name in system.items()},
    })

def overrides_by_lock(overrides, projects, module):
    """Which of the overrides of a module are for which of its locks.

    One that names no lock is for those that have its project. Where none has it, it is for those that cannot be read, else
    for all, whose repositories then fail: the spec may ask for the project already, and what makes the lock anew has to run.

    Args:
      overrides: list of (project, name of a lock or empty for any, what `wheelhouse_override` returned).
      projects: name of a lock -> dict of its projects, or None where the lock cannot be read.
      module: its name, for messages.

    Returns:
      Name of a lock -> list of what `wheelhouse_override` returned.
    """
    result = {name: [] for name in projects}
    unread = [name for name, held in projects.items() if held == None]
    for project, lock, text in overrides:
        if lock and lock not in projects:
            fail("wheelhouse.override(project = %r, lock = %r): the module %s has no such lock; it has: %s" % (
                project,
                lock,
                module,
                ", ".join(sorted(projects)) or "none",
            ))
        having = [name for name, held in projects.items() if held != None and normalized(project) in held]
        for name in [lock] if lock else (having or unread or projects):
            result[name].append(text)
    return result

def _absolute(label):
    text = str(label)
    if text.startswith("@"):
        return text
    if text.startswith("//"):
        return "@" + text
    fail("%s: name it from the root of the workspace, //package:name" % text)
