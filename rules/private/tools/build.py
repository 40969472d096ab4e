"""A source distribution -> its wheel, by its locked build environment alone (PEP 517).

Parameters:
  sdist         the archive
  title         its file name, for messages
  wheels        what the build environment holds: wheels, or folders that hold one
  backend, backend_path  of its build system; an empty backend means that of a project with no pyproject.toml
  interpreter   what the Python that runs has to be (`wheelhouse_tools.interpreters`)
  environment   its name, for messages
  programs      name -> path of programs that the spec names (`build.system`) and that the build finds on its PATH
  compiler      null, or the C and C++ tool chain: cc, cxx, ar, cflags, cxxflags, ldflags, variables
  utilities     folders in which those of POSIX are sought
  variables     of the process environment, for this project
  remedies      what a user of the rules can do: python, programs
  directory     to put the wheel into
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

from wheelhouse_tools.archives import EPOCH, unpack
from wheelhouse_tools.environments import make_environment
from wheelhouse_tools.failure import Failure, main
from wheelhouse_tools.interpreters import check
from wheelhouse_tools.network import leave_network
from wheelhouse_tools.wheels import normalise, wheel_in

LEGACY = "setuptools.build_meta:__legacy__"
# fmt: off
UTILITIES = (
    "awk", "basename", "cat", "chmod", "cmp", "cp", "cut", "date", "diff", "dirname", "echo", "expr", "false", "find",
    "grep", "head", "install", "ln", "ls", "make", "mkdir", "mktemp", "mv", "od", "printf", "pwd", "rm", "rmdir", "sed",
    "sh", "sleep", "sort", "tail", "tee", "test", "touch", "tr", "true", "uname", "uniq", "wc", "xargs",
)
# fmt: on
"""Of POSIX: what every build may take for granted; the resolver's sandbox says the same."""
BINUTILS = ("ar", "as", "ld", "nm", "objcopy", "objdump", "ranlib", "strip")
"""Where there is a compiler, it finds these on the PATH."""

HOOK = """
import json, os, sys
job = json.load(open(sys.argv[1], encoding="utf-8"))
# The folder of this file is no place of modules, and setup.py of some projects read the program's name, whatever it is.
sys.path[:1] = [os.path.abspath(path) for path in job["backend_path"]]
sys.argv[:] = ["hook.py"]
module, _, attributes = job["backend"].partition(":")
backend = __import__(module, fromlist=["_"])
for attribute in filter(None, attributes.split(".")):
    backend = getattr(backend, attribute)
name = backend.build_wheel(job["into"], {})
with open(job["answer"], "w", encoding="utf-8") as file:
    file.write(name)
"""


def run(parameters):
    """Build the wheel."""
    purpose = "%s is built for %s" % (parameters["title"], parameters["environment"])
    check(parameters["interpreter"], purpose, parameters["remedies"]["python"])
    work = tempfile.mkdtemp(prefix="wheelhouse-")
    try:
        _build(parameters, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _build(parameters, work):
    root = os.path.join(work, "env")
    python = make_environment(root, [wheel_in(path) for path in parameters["wheels"]])
    source = os.path.join(work, "source")
    os.mkdir(source)
    folder = unpack(os.path.abspath(parameters["sdist"]), source)
    _settle(source)
    into = os.path.join(work, "wheel")
    os.mkdir(into)
    name = _asked(parameters, work, python, folder, into)
    os.makedirs(parameters["directory"], exist_ok=True)
    normalise(os.path.join(into, name), os.path.join(parameters["directory"], name))


def _asked(parameters, work, python, folder, into):
    """Have the backend build in ``folder``. Returns the name of the wheel, which is written into ``into``."""
    job = {
        "backend": parameters["backend"] or LEGACY,
        "backend_path": parameters["backend_path"],
        "into": into,
        "answer": os.path.join(work, "answer"),
    }
    with open(os.path.join(work, "job.json"), "w", encoding="utf-8") as file:
        json.dump(job, file)
    with open(os.path.join(work, "hook.py"), "w", encoding="utf-8") as file:
        file.write(HOOK)
    done = subprocess.run(
        [python, os.path.join(work, "hook.py"), os.path.join(work, "job.json")],
        cwd=folder,
        env=_variables(parameters, work, os.path.dirname(python)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=leave_network if sys.platform == "linux" else None,
        check=False,
    )
    if done.returncode or not os.path.exists(job["answer"]):
        raise _failure(parameters, done.returncode, done.stdout.decode("utf-8", "replace").replace(work, ""))
    with open(job["answer"], encoding="utf-8") as file:
        return os.path.basename(file.read())


def _failure(parameters, status, log):
    return Failure(
        "%s could not be built for %s (exit code %d)%s. Its backend said:\n\n%s\n"
        "What it needs of Python has to be in the lock (`build: requires:` in the spec); programs that no index "
        "has are named under `build: system:`. %s"
        % (
            parameters["title"],
            parameters["environment"],
            status,
            "" if parameters["compiler"] else ", with no C and C++ tool chain",
            log,
            parameters["remedies"]["programs"],
        )
    )


def _settle(folder):
    """One time for every file: build tools compare them, and some put them into what they make."""
    for directory, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                os.utime(path, (EPOCH, EPOCH))


def _variables(parameters, work, scripts):
    home = os.path.join(work, "home")
    temporary = os.path.join(work, "tmp")
    for folder in (home, temporary):
        os.mkdir(folder)
    compiler = parameters["compiler"]
    programs = dict(
        _utilities(parameters["utilities"], compiler),
        **{name: os.path.abspath(path) for name, path in parameters["programs"].items()},
    )
    variables = {
        "HOME": home,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PATH": os.pathsep.join([scripts, _links(os.path.join(work, "bin"), programs)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "SOURCE_DATE_EPOCH": str(EPOCH),
        "TMPDIR": temporary,
        "VIRTUAL_ENV": os.path.dirname(scripts),
        # Whatever tries to install by itself while it builds finds that there is no index.
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "RUSTFLAGS": "--remap-path-prefix=%s=." % work,
    }
    for name in ("SYSTEMROOT", "SystemRoot", "COMSPEC"):
        if name in os.environ:
            variables[name] = os.environ[name]
    if compiler:
        variables.update(_toolchain(compiler, work))
    variables.update(parameters["variables"])
    return variables


def _utilities(folders, compiler):
    found = {}
    for name in UTILITIES + (BINUTILS if compiler else ()):
        path = shutil.which(name, path=os.pathsep.join(folders))
        if path:
            found[name] = path
    if compiler:
        for name, key in (("cc", "cc"), ("gcc", "cc"), ("c++", "cxx"), ("g++", "cxx")):
            found[name] = _absolute(compiler[key])
    return found


def _links(folder, programs):
    os.mkdir(folder)
    for name, path in sorted(programs.items()):
        if not os.path.exists(path):
            raise Failure("the program %s is not at %s" % (name, path))
        # A script that calls the program by its own path: what looks for its files beside itself finds them.
        wrapper = os.path.join(folder, name)
        if os.path.basename(path) == name:
            os.symlink(path, wrapper)
        else:
            with open(wrapper, "w", encoding="utf-8") as file:
                file.write('#!/bin/sh\nexec "%s" "$@"\n' % path)
            os.chmod(wrapper, 0o755)
    return folder


def _toolchain(compiler, work):
    # No path of the machine in what is compiled, nor in its debug information.
    mapped = ["-ffile-prefix-map=%s=." % work, "-g0"]
    cflags = [_absolute_flag(flag) for flag in compiler["cflags"]] + mapped
    cxxflags = [_absolute_flag(flag) for flag in compiler["cxxflags"]] + mapped
    variables = {
        "CC": _absolute(compiler["cc"]),
        "CXX": _absolute(compiler["cxx"]),
        "AR": _absolute(compiler["ar"]),
        "CFLAGS": " ".join(cflags),
        "CXXFLAGS": " ".join(cxxflags),
        "LDFLAGS": " ".join(_absolute_flag(flag) for flag in compiler["ldflags"]),
    }
    return dict(compiler["variables"], **variables)


def _absolute(path):
    return os.path.abspath(path) if os.sep in path else (shutil.which(path) or path)


_PREFIXES = ("-isystem", "-iquote", "-I", "-L", "-B", "--sysroot=", "--gcc-toolchain=", "-fuse-ld=", "-Wl,-rpath-link,")


def _absolute_flag(flag):
    """Flags of a hermetic tool chain name files from the root of the action."""
    for prefix in ("", *_PREFIXES):
        rest = flag[len(prefix) :]
        if flag.startswith(prefix) and rest and not os.path.isabs(rest) and os.sep in rest and os.path.exists(rest):
            return prefix + os.path.abspath(rest)
    return flag


if __name__ == "__main__":
    main(run)
