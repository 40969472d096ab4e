"""What most likely helps where a backend failed: the reason of a gap in a lock -> a line that the spec may get.

Pure. It knows what newer build requirements took away, and what a setup.py imports without asking for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from resolver.fetchers import FETCHERS
from resolver.lock.model import BuildRequirement, Lock


def _gone(module: str, name: str = "") -> str:
    """How Python says that ``module``, or ``name`` in it, is not there."""
    if not name:
        return rf"No module named '{re.escape(module)}(?:\.[\w.]{{1,200}})?'"
    module = re.escape(module)
    return rf"cannot import name '{name}' from '{module}'|module '{module}' has no attribute '{name}'"


_OLDER = (
    (r"\buse_2to3 is invalid", "setuptools", "<58", "use_2to3 was part of setuptools before 58"),
    (
        r"\bdistutils\.msvccompiler'|'msvccompiler' from 'distutils'",
        "setuptools",
        "<74",
        "distutils.msvccompiler was part of setuptools before 74",
    ),
    (
        r"\bname 'CCompiler' is not defined",  # numpy.distutils takes all of distutils.ccompiler
        "setuptools",
        "<75.9",
        "CCompiler was in distutils.ccompiler of setuptools before 75.9",
    ),
    (
        r"\bNo module named 'pkg_resources(?:\.\w+)*'",
        "setuptools",
        "<82",
        "pkg_resources was part of setuptools before 82",
    ),
    (
        r"\bCython\.Compiler\.Errors\.|'build_ext' object has no attribute 'cython_sources'",  # the latter: PyYAML
        "cython",
        "<3",
        "if it was written for Cython before 3",
    ),
    *(
        (pattern, "setuptools", f"<{release}", f"{name} was part of setuptools before {release}")
        for pattern, name, release in (
            (_gone("setuptools", "Feature"), "setuptools.Feature", "46"),
            (_gone("distutils.sysconfig", "_init_posix"), "distutils.sysconfig._init_posix", "61"),
            (_gone("setuptools.dist", "_get_unpatched"), "setuptools.dist._get_unpatched", "68"),
            (_gone("setuptools", "convert_path"), "setuptools.convert_path", "70"),
            (_gone("setuptools.extern"), "setuptools.extern", "71"),
            (_gone("setuptools.command.upload"), "setuptools.command.upload", "75"),
            (_gone("setuptools.command.register"), "setuptools.command.register", "75"),
            (_gone("setuptools.sandbox"), "setuptools.sandbox", "80"),
            (_gone("setuptools.package_index"), "setuptools.package_index", "80.3"),
        )
    ),
)
"""Texts of failures, the build requirement and its releases that they do not happen with, and why."""

_PYTHON_2 = re.compile(
    r"Missing parentheses in call to '(?:print|exec)'"
    r"|SyntaxError: [^`\n]*`(?:print [\"'%\w]|exec [\"'\w]|except [^:`\n]{1,99}, ?[a-z]\w*:|raise [\w.]+, )"
    r"|\bname '(?:basestring|execfile|raw_input|unichr|unicode|xrange)' is not defined"
    r"|\bNo module named '(?:ConfigParser|HTMLParser|StringIO|__builtin__|cPickle|cStringIO|httplib|urllib2|urlparse)'"
)
"""How Python 3 fails on code that was written for Python 2 alone."""

_REMOVED = (
    *(
        (_gone("collections", name), "3.10", f"collections.{name}")
        for name in ("Callable", "Iterable", "Mapping", "MutableMapping", "Sequence")
    ),
    (_gone("inspect", "getargspec"), "3.11", "inspect.getargspec"),
    (_gone("configparser", "SafeConfigParser"), "3.12", "configparser.SafeConfigParser"),
    (_gone("imp"), "3.12", "imp"),
    *((_gone(name), "3.13", name) for name in ("cgi", "lib2to3", "pipes", "telnetlib")),
)
"""What later Pythons no longer have: a text of a failure, the first Python without it, and its name."""

_FETCHED = (
    r"'-m', 'pip',(?: '[^']*',)* 'wheel',(?: '[^']*',)* '--quiet', '(?P<text>[^'\"]{1,200})'\]' returned non-zero",
    r"Could not find suitable distribution for Requirement\.parse\('(?P<text>[^'\"]{1,200})'\)",
)
"""How setuptools (42 and newer, and older ones) fails to fetch what a setup.py asks it to install while it runs."""

_NO_FETCHER = re.compile(rf"\b(?P<fetcher>{'|'.join(map(re.escape, FETCHERS))}): no release meets\b")

_NESTED = re.compile(r"(?P<sdist>[\w.+-]{1,200}), which it needs\b")

_ABSENT = re.compile(r"\bNo module named '(?P<module>\w{1,64})(?:\.[\w.]{1,200})?'")

_SAME_NAME = (
    *("cffi", "cmake", "cppy", "jinja2", "mypy", "nanobind", "ninja", "numpy", "packaging", "pbr", "pip", "pkgconfig"),
    *("psutil", "pybind11", "requests", "scipy", "six", "toml", "tomli", "torch", "tqdm", "versioneer", "wheel"),
)
_PROJECTS = {
    **{name: name for name in _SAME_NAME},
    "Cython": "cython",
    "extension_helpers": "extension-helpers",
    "jupyter_packaging": "jupyter-packaging",
    "setuptools_rust": "setuptools-rust",
    "setuptools_scm": "setuptools-scm",
    "skbuild": "scikit-build",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""Modules that builds import, and the project that has each. Of others nothing is said: a project that merely bears the
name of a module may be anybody's."""


def remedy_for(lock: Lock, sdist: str, environments: Sequence[str], reason: str) -> str | None:
    """What most likely helps where ``sdist``, or the last of those that its build needs, failed for ``reason``.

    None, too, where that one is not in the lock: a backend was asked on a Python for which something else is needed.
    """
    failed = (_NESTED.findall(reason) or [sdist])[-1]
    if failed not in lock.builds:
        return None
    builds = lock.builds[failed].environments
    known = [requirement for name in environments if name in builds for requirement in builds[name].requires]
    return remedy(lock.artifacts[failed].project, reason, known)


def remedy(project: str, reason: str, known: Iterable[BuildRequirement] = ()) -> str | None:
    """A line about the build of ``project`` (its normalized name); None where the reason is not one of those.

    ``known`` are build requirements of it: an entry repeats those whose place it takes.
    """
    kept = [one.requirement for one in known if one.origin == "override" or _told(one)]
    for pattern, needed, releases, why in _OLDER:
        if needed != project and re.search(pattern, reason):
            return f"{why}: {_entry(project, kept, needed + releases)}"
    if _PYTHON_2.search(reason):
        return (
            "it was written for Python 2, and no Python 3 runs it: another release may do, or a project that follows it"
        )
    for pattern, python, name in _REMOVED:
        if re.search(pattern, reason):
            return f"it was written for Python before {python}, which had {name}: another release or Python may do"
    if missed := _NO_FETCHER.search(reason):
        program = FETCHERS[missed["fetcher"]]
        entry = f"`build: {{system: {{{project}: [{program}]}}}}` in the spec"
        return f"it asks for {missed['fetcher']} where it finds no {program}: {entry}"
    fetched = _fetched(reason)
    if fetched is not None and canonicalize_name(fetched.name) != project:
        return f"its setup.py fetches {fetched} while it runs: {_entry(project, kept, str(fetched))}"
    found = _ABSENT.search(reason)
    absent = _PROJECTS.get(found["module"]) if found else None
    if found is None or absent is None or absent == project:
        return None
    return f"if its build imports {found['module']} without asking for it: {_entry(project, kept, absent)}"


def _fetched(reason: str) -> Requirement | None:
    for pattern in _FETCHED:
        if found := re.search(pattern, reason):
            with suppress(InvalidRequirement):
                return Requirement(found["text"])
    return None


def _told(one: BuildRequirement) -> bool:
    """Whether the backend alone told it: it is not asked where the spec has an entry."""
    return one.origin == "hook" and one.evidence is None


def _entry(project: str, kept: Iterable[str], requirement: str) -> str:
    texts = dict.fromkeys((*kept, requirement))
    quoted = ", ".join(f"'{text}'" if '"' in text else f'"{text}"' for text in texts)
    return f"`build: {{requires: {{{project}: [{quoted}]}}}}` in the spec"
