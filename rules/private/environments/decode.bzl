"""A lock's environments -> what tells them apart for Bazel: os, arch, libc and Python."""

_OS = {
    "darwin": "osx",
    "linux": "linux",
    "win32": "windows",
}

_CPU = {
    "aarch64": "aarch64",
    "amd64": "x86_64",
    "arm64": "aarch64",
    "armv7l": "armv7",
    "i386": "x86_32",
    "i686": "x86_32",
    "riscv64": "riscv64",
    "s390x": "s390x",
    "x86": "x86_32",
    "x86_64": "x86_64",
}

OPERATING_SYSTEMS = ["linux", "osx", "windows"]
CPUS = ["x86_64", "aarch64", "x86_32", "armv7", "riscv64", "s390x"]
LIBCS = ["glibc", "musl"]
CONSTRAINED = OPERATING_SYSTEMS + CPUS + LIBCS
PYTHONS = ["3.%d" % minor for minor in range(7, 21)]

def decode_environments(lock):
    """What of each environment Bazel can tell.

    Args:
      lock: what `decode_lock` returned.

    Returns:
      Name -> a dict of strings: `os` and `cpu` as the module platforms names them (or as Python does, where it has no name
      in every version of that module: no constraint leads there, and the flag does), `libc` (glibc or musl on Linux, else
      empty), `python` (major.minor), and `implementation` and `abi` of that Python (`cpython` and `cp313t`), which no constraint
      tells. Empty is what the lock does not tell.
    """
    result = {}
    for name, environment in lock["environments"].items():
        markers = environment["markers"]
        system = markers.get("sys_platform", "")
        machine = markers.get("platform_machine", "").lower()
        os = _OS.get(system, system)
        result[name] = {
            "abi": _abi(environment["tags"]),
            "cpu": _CPU.get(machine, machine),
            "implementation": markers.get("implementation_name", ""),
            "libc": _libc(environment) if os == "linux" else "",
            "os": os,
            "python": markers.get("python_version", ""),
        }
    return result

def interpreter_of(environment):
    """What the Python of an environment has to be.

    Args:
      environment: a value of `decode_environments`.

    Returns:
      A dict of `version` (major.minor), `implementation` and `abi`, without what the lock does not tell.
    """
    found = {
        "version": environment["python"],
        "implementation": environment["implementation"],
        "abi": environment["abi"],
    }
    return {name: value for name, value in found.items() if value}

def described_interpreter(interpreter):
    """A Python, for messages.

    Args:
      interpreter: what `interpreter_of` returned.

    Returns:
      `cpython 3.13 (cp313t)`.
    """
    named = "%s %s" % (interpreter.get("implementation", "Python"), interpreter.get("version", "of any version"))
    return "%s (%s)" % (named, interpreter["abi"]) if "abi" in interpreter else named

def minor_version(text):
    """Of a version of Python what tells environments apart.

    Args:
      text: `3.12`, or `3.12.4`.

    Returns:
      `3.12`.
    """
    return ".".join(text.split(".")[:2])

# `cp313-cp313t-manylinux_2_28_x86_64` -> `cp313t`: the best tag of an environment is that of its own ABI.
def _abi(tags):
    parts = tags[0].split("-") if tags else []
    return parts[1] if len(parts) > 2 and parts[1] not in ["none", "abi3"] else ""

def _libc(environment):
    for tag in environment["tags"]:
        if "-musllinux_" in tag:
            return "musl"
        if "-manylinux" in tag:
            return "glibc"
    return "musl" if "musl" in environment.get("libc", "") else "glibc"

def constraints_of(environment):
    """The constraint values of an environment.

    Args:
      environment: a value of `decode_environments`.

    Returns:
      Labels as strings.
    """
    found = []
    if environment["os"] in OPERATING_SYSTEMS:
        found.append("@platforms//os:" + environment["os"])
    if environment["cpu"] in CPUS:
        found.append("@platforms//cpu:" + environment["cpu"])
    if environment["libc"]:
        found.append("@rules_wheelhouse//rules/private/environments:" + environment["libc"])
    if environment["python"] in PYTHONS:
        found.append("@rules_wheelhouse//rules/private/environments:python_" + environment["python"])
    return found
