"""Wheels (binary distribution format): installing them below a folder, and writing them anew."""

import base64
import configparser
import csv
import hashlib
import io
import os
import zipfile
import zlib

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


class Held:
    """Whose the files of several wheels are that are installed into the same folders."""

    def __init__(self):
        self._files = {}
        self.clashes = []
        """Files of two wheels with different content: (path, the one, the other, whose stays)."""

    def enter(self, path, mark, owner):
        """A file is written by ``owner``; ``mark`` tells contents apart."""
        other, its_mark = self._files.get(path, (owner, mark))
        if other != owner and its_mark != mark:
            self.clashes.append((path, other, owner))
        self._files[path] = (owner, mark)

    def in_the_way(self, path):
        """(a file, its owner) where ``path`` wants a folder, or below ``path``."""
        for held, (owner, _) in sorted(self._files.items()):
            if path.startswith(held + os.sep) or held.startswith(path + os.sep):
                return held, owner
        return None


def install(wheel, places, python=None, held=None):
    """Install a wheel.

    ``places``: scheme (purelib, platlib, scripts, headers, data) -> folder. ``python``: the interpreter of scripts,
    which are made for entry points too; without one, none are, and scripts keep what they say. ``held``: what other
    wheels put there, `Held`. Returns the top-level names of the folder of modules. Raises `Failure` for what is no
    wheel, and for a file where another wheel has a folder.
    """
    held = Held() if held is None else held
    try:
        with zipfile.ZipFile(wheel) as archive:
            info = dist_info(archive.namelist(), wheel)
            owner = info[: -len(".dist-info")]
            tops = set()
            for entry in archive.infolist():
                if entry.filename.endswith("/") or "__pycache__/" in entry.filename:
                    continue
                scheme, name = _placed(entry.filename, info)
                path = inside(places[scheme], name)
                _check_free(path, owner, places)
                held.enter(path, (entry.CRC, entry.file_size), owner)
                _write(archive.read(entry), entry, scheme, path, python)
                if scheme in ("purelib", "platlib"):
                    tops.add(name.partition("/")[0])
            if python is not None:
                for path, text in _entry_points(archive, info, places["scripts"], python):
                    _check_free(path, owner, places)
                    held.enter(path, (zlib.crc32(text), len(text)), owner)
                    _put(path, text, executable=True)
            return tops
    except (IsADirectoryError, NotADirectoryError, FileExistsError) as error:
        there = held.in_the_way(path)
        if there is None:
            raise
        raise Failure(
            "%s and %s cannot be in one environment: the one has the file %s, and the other has %s"
            % (there[1], owner, *(_short(one, places) for one in (there[0], path)))
        ) from error
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


def _check_free(path, owner, places):
    """No wheel brings links: one that is there is the environment's, and leads to the interpreter of this machine."""
    if os.path.islink(path):
        raise Failure("%s cannot be installed: it would overwrite %s" % (owner, _short(path, places)))


def _short(path, places):
    return os.path.relpath(path, os.path.commonpath(list(places.values())))


def _write(content, entry, scheme, path, python):
    executable = scheme == "scripts" or entry.external_attr >> 16 & 0o111
    if scheme == "scripts" and python is not None and content.startswith(b"#!python"):
        _, newline, rest = content.partition(b"\n")
        content = b"#!" + python.encode() + newline + rest
    _put(path, content, executable)


def _put(path, content, executable):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, 0o755 if executable else 0o644)


def _entry_points(archive, info, directory, python):
    """The scripts that entry points ask for: (path, content)."""
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
            yield inside(directory, script), text.encode("utf-8")


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
