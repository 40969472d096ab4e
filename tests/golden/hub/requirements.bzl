"""Labels of projects, for those who come from rules_python. Made from the lock by rules_wheelhouse."""

_PROJECTS = [
    "harbor",
    "keel",
    "mast-tools",
    "rudder",
    "sail",
]

all_requirements = ["@pip//" + name for name in _PROJECTS]
all_whl_requirements = ["@pip//" + name + ":whl" for name in _PROJECTS]

def _label(name, target = None):
    project = "-".join([
        word
        for word in name.partition("[")[0].strip().lower().replace("_", "-").replace(".", "-").split("-")
        if word
    ])
    if project not in _PROJECTS:
        fail("requirement(%r): the lock pip has no such project" % name)
    return str(Label("//" + project + ":" + (target or project)))

def requirement(name):
    """Label of the library of a project, however its name is written."""
    return _label(name)

def whl_requirement(name):
    """Label of its wheel."""
    return _label(name, "whl")

def dist_info_requirement(name):
    """Label of its metadata."""
    return _label(name, "dist_info")
