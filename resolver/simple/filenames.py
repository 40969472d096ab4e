"""What the file name of a distribution says: wheel or sdist, version, build tag and tags.

Follows the specifications of wheel and sdist file names through ``packaging.utils``, and adds what PyPI's history
needs: sdists in every archive format that was ever allowed, read with the project's name in hand.
It looks at no archive and knows no environment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from packaging.utils import NormalizedName, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.records import record

SDIST_EXTENSIONS = (".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz")
EXTENSIONS = (".whl", *SDIST_EXTENSIONS)
"""What the name of anything that can be installed or built ends with."""

_LONGEST = 255  # of a name in any common file system; it also bounds what a compressed tag set can expand to
_UNSUPPORTED = {
    ".egg": "an egg",
    ".exe": "a Windows installer",
    ".msi": "a Windows installer",
    ".rpm": "an RPM package",
    ".deb": "a Debian package",
    ".dmg": "a macOS disk image",
    ".metadata": "a metadata file",
    ".asc": "a signature",
    ".sig": "a signature",
}
# bdist_dumb puts the platform where an sdist ends: foo-1.0.linux-x86_64.tar.gz
_DUMB_PLATFORM = re.compile(r"\.(linux|win32|win-|macosx|darwin|freebsd|openbsd|cygwin|mingw|solaris|sunos|aix)[^.]*$")

_canonical = lru_cache(maxsize=1 << 10)(canonicalize_name)  # the files of a page write its name in one way, or in two


@record
class WheelName:
    """A wheel's file name. ``build`` is ``()`` or ``(number, suffix)``."""

    version: Version
    build: tuple[()] | tuple[int, str]


@record
class SdistName:
    """The file name of a source distribution."""

    version: Version


@lru_cache(maxsize=1 << 16)  # every environment asks the same of each file
def parse_filename(filename: str, project: NormalizedName) -> WheelName | SdistName:
    """Read the file name of a distribution of ``project``.

    Raises `InvalidMetadata`, which names the file, for another project's file, an invalid name or version,
    and a kind of file that cannot be installed or built (``unsupported kind``).
    """
    if len(filename) > _LONGEST:
        raise InvalidMetadata(f"{filename[:60]}...: the file name is longer than {_LONGEST} characters")
    if filename.endswith(".whl"):
        return _wheel(filename, project)
    extension = next((e for e in SDIST_EXTENSIONS if filename.endswith(e)), None)
    if extension is None:
        kind = _UNSUPPORTED.get(filename[filename.rfind(".") :].lower(), "neither a wheel nor a source distribution")
        raise InvalidMetadata(f"{filename}: unsupported kind: {kind}")
    return _sdist(filename, filename[: -len(extension)], project)


def release_of(filename: str, project: NormalizedName) -> Version:
    """The release that a file belongs to, without judging the rest of its name. Raises as `parse_filename` does.

    Reading the tags of every wheel is most of the work on a long page, and most releases are never looked at.
    """
    text = version_text(filename, project)
    if text:
        try:
            return Version(text)
        except ValueError:
            pass  # the whole name tells what is wrong
    return parse_filename(filename, project).version


def version_text(filename: str, project: NormalizedName) -> str:
    """What stands in the place of the version in a usual file name; empty where the whole name has to be parsed."""
    return version_texts([filename], project)[0]


def version_texts(filenames: Sequence[str], project: NormalizedName) -> list[str]:
    """`version_text` of each: a long page has thousands, and most are wheels, for which no call is made."""
    return [
        (parts[1] if len(parts := name.split("-", 4)) == 5 and len(name) <= _LONGEST else "")
        if name.endswith(".whl")
        else _sdist_text(name, project)
        for name in filenames
    ]


def tags_of(wheel: str) -> str:
    """The compressed set of tags (PEP 425) that the name of a wheel ends with: ``cp311.cp312-abi3-any``."""
    return "-".join(wheel[: -len(".whl")].rsplit("-", 3)[-3:])


def _sdist_text(filename: str, project: NormalizedName) -> str:
    end = len(project)
    if not (filename.endswith(".tar.gz") and filename.startswith("-", end)) or len(filename) > _LONGEST:
        return ""
    is_theirs = filename.startswith(project) or _canonical(filename[:end]) == project
    return filename[end + 1 : -len(".tar.gz")] if is_theirs else ""


def _wheel(filename: str, project: NormalizedName) -> WheelName:
    try:
        name, version, build, _ = parse_wheel_filename(filename)
    except ValueError as error:  # of packaging, and of int() for a number of thousands of digits
        raise InvalidMetadata(f"{filename}: {error}") from None
    if name != project:
        raise InvalidMetadata(f"{filename}: is a file of project {name}, not of {project}")
    return WheelName(version=version, build=build)


def _sdist(filename: str, stem: str, project: NormalizedName) -> SdistName:
    """Split where the left part means ``project``: old names may have hyphens, and old versions too (``1.0-1``)."""
    if _DUMB_PLATFORM.search(stem):
        raise InvalidMetadata(f"{filename}: unsupported kind: a bdist_dumb archive")
    reason = f"does not begin with the name of project {project}"
    for hyphen in re.finditer("-", stem):
        if canonicalize_name(stem[: hyphen.start()]) != project:
            continue
        try:
            return SdistName(version=Version(stem[hyphen.end() :]))
        except ValueError:
            reason = f"{stem[hyphen.end() :]!r} is not a version"
    raise InvalidMetadata(f"{filename}: {reason}")
