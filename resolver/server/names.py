"""Names and versions: what the name of a distribution's file says. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

from resolver.server.limits import MAX_FILENAME


def normalized(name: str) -> str:
    """A project's name as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
VERSION = re.compile(
    r"v?(?:(?P<epoch>[0-9]+)!)?(?P<release>[0-9]+(?:\.[0-9]+)*)"
    r"(?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_number>[0-9]*))?"
    r"(?:-(?P<implicit>[0-9]+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_number>[0-9]*))?"
    r"(?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_number>[0-9]*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?",
    re.IGNORECASE | re.ASCII,
)
PHASES = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
SDIST_ENDINGS = (".tar.gz", ".zip")
WHEEL_NAME = re.compile(
    r"(?P<name>[A-Za-z0-9._]+)-(?P<version>[A-Za-z0-9._+!]+)(?:-(?P<build>[0-9][A-Za-z0-9._]*))?"
    r"-(?P<python>[A-Za-z0-9._]+)-(?P<abi>[A-Za-z0-9._]+)-(?P<platform>[A-Za-z0-9._]+)\.whl"
)


class Version:
    """A version (PEP 440): ``text`` is its normal form, ``key`` sorts, and equal versions have one ``canonical``."""

    def __init__(self, text: str) -> None:
        found = VERSION.fullmatch(text.strip()) if len(text) <= 100 else None
        if found is None:
            raise ValueError("{!r} is not a version (PEP 440)".format(text[:100]))
        epoch = int(found.group("epoch") or 0)
        release = tuple(int(part) for part in found.group("release").split("."))
        significant = release
        while len(significant) > 1 and not significant[-1]:
            significant = significant[:-1]
        phase = (found.group("pre") or "").lower()
        pre = (PHASES.get(phase, phase), int(found.group("pre_number") or 0)) if phase else None
        post, dev = _numbered(found, "post"), _numbered(found, "dev")
        if found.group("implicit"):
            post = int(found.group("implicit"))
        local = re.split(r"[-_.]", found.group("local").lower()) if found.group("local") else []
        local = [str(int(part)) if part.isdigit() else part for part in local]
        tail = "{}{}{}{}".format(
            "{}{}".format(*pre) if pre else "",
            ".post{}".format(post) if post is not None else "",
            ".dev{}".format(dev) if dev is not None else "",
            "+" + ".".join(local) if local else "",
        )
        front = "{}!".format(epoch) if epoch else ""
        self.text = front + ".".join(map(str, release)) + tail
        self.canonical = front + ".".join(map(str, significant)) + tail
        first = ("", 0) if pre is None and post is None and dev is not None else (pre or ("z", 0))
        self.key = (
            epoch,
            significant,
            first,
            -1 if post is None else post,
            (1, 0) if dev is None else (0, dev),
            tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in local),
        )


def _numbered(found: re.Match[str], name: str) -> Optional[int]:
    return int(found.group(name + "_number") or 0) if found.group(name) else None


class Filename(NamedTuple):
    """What the name of a distribution says (PEP 427, PEP 625).

    ``key`` is one for all spellings that mean one file: it names the folder of an upload. ``python``: a wheel's tags
    for Python, ``source`` for an sdist.
    """

    text: str
    kind: str
    project: str
    version: Version
    python: str
    key: str


def read_filename(text: str) -> Filename:
    """Read the name of a wheel or an sdist. Raises ValueError in words."""
    if len(text) > MAX_FILENAME:
        raise ValueError("the file name is longer than {} characters".format(MAX_FILENAME))
    if text.endswith(".whl"):
        return _wheel_name(text)
    ending = next((one for one in SDIST_ENDINGS if text.endswith(one)), None)
    if ending is None:
        raise ValueError("{!r} is neither a wheel nor a source distribution (.tar.gz, .zip)".format(text))
    name, _, version_text = text[: -len(ending)].rpartition("-")
    if not NAME.fullmatch(name):
        raise ValueError("{!r} does not begin with a project's name and a version".format(text))
    version, project = Version(version_text), normalized(name)
    key = "{}-{}{}".format(project.replace("-", "_"), version.canonical, ending)
    return Filename(text, "sdist", project, version, "source", key)


def _wheel_name(text: str) -> Filename:
    found = WHEEL_NAME.fullmatch(text)
    if found is None or not NAME.fullmatch(found.group("name").strip("_")):
        raise ValueError("{!r} is not the name of a wheel (PEP 427)".format(text))
    project, version = normalized(found.group("name")), Version(found.group("version"))
    tags = [".".join(sorted(set(found.group(part).lower().split(".")))) for part in ("python", "abi", "platform")]
    build = [found.group("build").lower()] if found.group("build") else []
    key = "-".join([project.replace("-", "_"), version.canonical, *build, *tags]) + ".whl"
    return Filename(text, "wheel", project, version, found.group("python"), key)
