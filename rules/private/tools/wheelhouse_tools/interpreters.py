"""Whether the Python that runs is the one that an environment is for."""

import os
import platform
import sys

from wheelhouse_tools.failure import Failure


def check(expected, purpose, remedy):
    """Raise `Failure` where this interpreter is not what ``expected`` says.

    ``expected``: ``version`` (``3.11`` or ``3.11.7``) and, where they matter, ``implementation`` (``cpython``), ``abi``
    (``cp313t``) and ``libc`` (``glibc 2.28``: of that kind and at least of that version). ``purpose``: what it is for.
    ``remedy``: how a user of the rules gives another one.
    """
    here = facts()
    differs = [
        "%s %s, not %s" % (_WORDS[name], here[name] or "unknown", expected[name])
        for name in _WORDS
        if expected.get(name) and not _FITS[name](here[name], expected[name])
    ]
    if differs:
        raise Failure("%s: this Python (%s) has %s. %s" % (purpose, sys.executable, "; ".join(differs), remedy))


def facts():
    """What this interpreter is, in the words of `check`; None is what it does not tell."""
    implementation = sys.implementation.name
    abi = "cp%d%d%s" % (sys.version_info[0], sys.version_info[1], _flags())
    return {
        "version": platform.python_version(),
        "implementation": implementation,
        "abi": abi if implementation == "cpython" else None,
        "libc": _libc() if sys.platform == "linux" else None,
    }


def _flags():
    """Those of the ABI, which Windows has no `sys.abiflags` for before Python 3.14."""
    if hasattr(sys, "abiflags"):
        return sys.abiflags
    if sys.version_info < (3, 8):
        return "m"
    return "t" if "free-threading" in sys.version else ""


def _libc():
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")  # "glibc 2.36"; a C library of another kind does not know the name
    except (OSError, ValueError):
        return "musl"


def _same_release(here, expected):
    return here.split(".")[: expected.count(".") + 1] == expected.split(".")


def _same_or_unknown(here, expected):
    return here is None or here == expected


def _libc_fits(here, expected):
    if here is None:
        return True
    kind, _, version = here.partition(" ")
    wanted_kind, _, wanted_version = expected.partition(" ")
    return kind == wanted_kind and (not version or _numbers(version) >= _numbers(wanted_version))


def _numbers(version):
    return [int(part) for part in version.split(".") if part.isdigit()]


_WORDS = {"version": "version", "implementation": "implementation", "abi": "ABI", "libc": "C library"}
_FITS = {
    "version": _same_release,
    "implementation": _same_or_unknown,
    "abi": _same_or_unknown,
    "libc": _libc_fits,
}
