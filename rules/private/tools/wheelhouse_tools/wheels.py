"""Wheels (binary distribution format): installing them below a folder, and writing them anew."""

import base64
import configparser
import csv
import hashlib
import io
import os
import zipfile

from wheelhouse_tools.archives import inside, zipped
from wheelhouse_tools.failure import Failure

_SCRIPT = """#!{python}
import sys

from {module} import {first}

if __name__ == "__main__":
    sys.exit({call}())
"""


def wheel_in(path):
    """``path``, or the only wheel in it where it is a folder, as a build makes."""
    if not os.path.isdir(path):
        return path
    found = [name for name in sorted(os.listdir(path)) if name.endswith(".whl")]
    if len(found) != 1:
        raise Failure("%s holds %d wheels, not one" % (path, len(found)))
    return os.path.join(path, found[0])


def install(wheel, places, python=None):
    """Install a wheel.

    ``places``: scheme (purelib, platlib, scripts, headers, data) -> folder. ``python``: the interpreter of scripts,
    which are made for entry points too; without one, none are, and scripts keep what they say. Returns the top-level
    names of the folder of modules. Raises `Failure` for what is no wheel.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            info = dist_info(archive.namelist(), wheel)
            tops = set()
            for entry in archive.infolist():
                if entry.filename.endswith("/") or "__pycache__/" in entry.filename:
                    continue
                scheme, name = _placed(entry.filename, info)
                _write(archive.read(entry), entry, scheme, inside(places[scheme], name), python)
                if scheme in ("purelib", "platlib"):
                    tops.add(name.partition("/")[0])
            if python is not None:
                _entry_points(archive, info, places["scripts"], python)
            return tops
    except (zipfile.BadZipFile, KeyError) as error:
        raise Failure("%s cannot be installed: %s" % (os.path.basename(wheel), error)) from error


def dist_info(names, wheel):
    """The name of the folder of a wheel's metadata. Raises `Failure` where there is not exactly one."""
    found = {name.partition("/")[0] for name in names if name.partition("/")[0].endswith(".dist-info")}
    if len(found) != 1:
        raise Failure("%s has %d folders .dist-info, not one" % (os.path.basename(wheel), len(found)))
    return found.pop()


def _placed(name, info):
    data = info[: -len(".dist-info")] + ".data/"
    if not name.startswith(data):
        return "purelib", name
    scheme, _, rest = name[len(data) :].partition("/")
    return scheme, rest


def _write(content, entry, scheme, path, python):
    executable = scheme == "scripts" or entry.external_attr >> 16 & 0o111
    if scheme == "scripts" and python is not None and content.startswith(b"#!python"):
        _, newline, rest = content.partition(b"\n")
        content = b"#!" + python.encode() + newline + rest
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, 0o755 if executable else 0o644)


def _entry_points(archive, info, directory, python):
    name = info + "/entry_points.txt"
    if name not in archive.namelist():
        return
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str
    parser.read_string(archive.read(name).decode("utf-8"))
    for section in ("console_scripts", "gui_scripts"):
        for script, value in parser.items(section) if parser.has_section(section) else ():
            module, _, call = value.partition("[")[0].strip().partition(":")
            text = _SCRIPT.format(python=python, module=module, first=call.partition(".")[0], call=call)
            path = inside(directory, script)
            os.makedirs(directory, exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            os.chmod(path, 0o755)


def normalise(wheel, target):
    """Write ``wheel`` to ``target`` with the bytes that its content alone decides."""
    with zipfile.ZipFile(wheel) as archive:
        entries = {
            entry.filename: (archive.read(entry), bool(entry.external_attr >> 16 & 0o111))
            for entry in archive.infolist()
            if not entry.filename.endswith("/")
        }
    pack(entries, target)


def pack(entries, target):
    """Write a wheel of ``entries`` (name -> bytes, whether it is executable), with a RECORD of what they are."""
    info = dist_info(entries, target)
    record = info + "/RECORD"
    unsigned = (record, record + ".jws", record + ".p7s")
    lines = io.StringIO()
    rows = csv.writer(lines, lineterminator="\n")
    for name in sorted(entries):
        if name not in unsigned:
            content = entries[name][0]
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            rows.writerow((name, "sha256=" + digest, len(content)))
    rows.writerow((record, "", ""))
    kept = {name: entry for name, entry in entries.items() if name not in unsigned}
    zipped(target, dict(kept, **{record: (lines.getvalue().encode(), False)}))
