"""Labels of projects, for those who come from rules_python. Made from the lock by rules_wheelhouse."""

load("@rules_wheelhouse//rules/private/lock:names.bzl", "project_of")

_PROJECTS = [
    "harbor",
    "keel",
    "mast-tools",
    "rudder",
    "sail",
]

# Not in every environment of the lock. The lists below have of them what is empty elsewhere.
_OPTIONAL = ["rudder"]

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
        fail("requirement(%r): the lock pip has no project %s" % (requirement, project))
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
