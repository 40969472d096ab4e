"""The text of a lock -> what the rules take from it. Plain data, so that it can be tested without Bazel."""

load(":names.bzl", "path_of", "repository_name")

_VERSION = 1
_SECTIONS = ["inputs", "indexes", "environments", "artifacts", "resolutions", "builds", "closures"]
_ANEW = "`wheelhouse resolve --update` makes it anew"
_TELLS = "`wheelhouse show --lock {lock}` says where; restore it, or " + _ANEW
_EDITED = "is edited, or badly merged: %s; restore it, or " + _ANEW

def decode_lock(text, origin):
    """Reads a lock.

    Args:
      text: `lock.json`, which the resolver wrote.
      origin: what to call it in errors.

    Returns:
      The JSON document as dicts and lists; it fails where this is no lock of a version known here.
    """
    lock, wrong = read_lock(text, origin)
    if wrong:
        fail(wrong)
    return lock

def read_lock(text, origin, parse = json.decode):
    """Reads a lock, where what is none need not be an error yet.

    Args:
      text: as for `decode_lock`.
      origin: as for `decode_lock`.
      parse: text -> what it says as JSON, or None where it is none.

    Returns:
      (the JSON document, "") or (None, why it is no lock of a version known here).
    """
    wrong = _no_document(text)
    lock = None if wrong else parse(text)
    if not wrong:
        wrong = _no_lock(lock) if lock != None else "is not JSON; %s" % _TELLS.format(lock = path_of(origin, ""))
    return (None, "%s %s" % (origin, wrong)) if wrong else (lock, "")

# Starlark cannot recover from JSON that is none, so what happens to files is asked of the text: merges, and ends that are lost.
def _no_document(text):
    if text.startswith("<<<<<<< ") or "\n<<<<<<< " in text:
        return "holds an unresolved merge: take one side's lock whole, merge the spec, and run `wheelhouse resolve`"
    document = text.strip()
    if not (document.startswith("{") and document.endswith("}")):
        return "is not a lock of wheelhouse: it is no JSON object, or only a part of one; restore it, or %s" % _ANEW
    return ""

def _no_lock(lock):
    if "lock_version" not in lock:
        return "is not a lock of wheelhouse: it has no lock_version; `wheelhouse resolve` makes one"
    if lock["lock_version"] != _VERSION:
        return "has lock_version %s, and these rules read %d: use the rules_wheelhouse that fits, or %s" % (
            lock["lock_version"],
            _VERSION,
            _ANEW,
        )
    missing = [section for section in _SECTIONS if section not in lock]
    if missing:
        return "is not a whole lock: it has no %s; restore it, or %s" % (", ".join(missing), _ANEW)
    shapes = [section for section in _SECTIONS if type(lock[section]) != "dict"]
    if shapes:
        return _EDITED % ("%s is no object" % shapes[0])
    loose = _loose_end(lock)
    return _EDITED % loose if loose else ""

def _loose_end(lock):
    """What one part of it names and another has not: git merges lines of which each side has removed some."""
    for name, environment in sorted(lock["environments"].items()):
        for key in ["markers", "tags"]:
            if key not in environment:
                return "the environment %s has no %s" % (name, key)
    for filename, artifact in sorted(lock["artifacts"].items()):
        if "url" not in artifact and artifact.get("index") not in lock["indexes"]:
            return "there is no index %s, which the artifact %s names" % (artifact.get("index"), filename)
    for environment, pins in sorted(lock["resolutions"].items()):
        if environment not in lock["environments"]:
            return "there is no environment %s, which `resolutions` name" % environment
        loose = _loose_pin(lock, pins, environment, "the resolution of " + environment)
        if loose:
            return loose
    for sdist, build in sorted(lock["builds"].items()):
        if sdist not in lock["artifacts"]:
            return "there is no artifact %s, which `builds` name" % sdist
        for environment, built in sorted(build["environments"].items()):
            closure = built.get("closure", "")
            if closure and closure not in lock["closures"]:
                return "there is no closure %s, which builds %s" % (closure, sdist)
            loose = _loose_pin(lock, lock["closures"].get(closure, {}), environment, "closure " + closure)
            if loose:
                return loose
    return ""

def _loose_pin(lock, pins, environment, where):
    for project, pin in sorted(pins.items()):
        artifact = lock["artifacts"].get(pin["artifact"])
        if artifact == None:
            return "there is no artifact %s, which %s names" % (pin["artifact"], where)
        if (artifact["project"], artifact.get("version")) != (project, pin.get("version")):
            return "%s pins %s of %s %s" % (where, pin["artifact"], project, pin.get("version"))
        if artifact["kind"] == "sdist" and environment not in lock["builds"].get(pin["artifact"], {}).get("environments", {}):
            return "`builds` do not say how %s is built for %s" % (pin["artifact"], environment)
        for dependency in pin["dependencies"]:
            if dependency not in pins:
                return "%s has no %s, on which %s depends" % (where, dependency, project)
    return ""

def artifact_repositories(hub, lock, mirrors = {}):
    """What has to be fetched, lazily: a repository for each artifact of a lock.

    Args:
      hub: name of the lock's repository.
      lock: what `decode_lock` returned.
      mirrors: index -> base URLs that stand in for its own.

    Returns:
      A list of dicts, sorted by file name: `name`, `filename`, `project`, `sha256`, `index` and `urls`. A URL without a scheme
      is a path beside the lock.
    """
    _check_mirrors(mirrors, lock)
    rows = []
    for filename in sorted(lock["artifacts"]):
        artifact = lock["artifacts"][filename]
        rows.append({
            "name": repository_name(hub, filename, artifact["sha256"]),
            "filename": filename,
            "index": artifact.get("index", ""),
            "path": artifact.get("path", ""),
            "project": artifact["project"],
            "sha256": artifact["sha256"],
            "urls": _urls(artifact, lock["indexes"], mirrors),
        })
    return rows

def _urls(artifact, indexes, mirrors):
    if "url" in artifact:
        return [artifact["url"]]
    bases = mirrors.get(artifact["index"]) or [indexes[artifact["index"]]["files"]]
    return [joined(base, artifact["path"]) for base in bases]

def joined(base, path):
    """A base URL and a path below it.

    Args:
      base: with or without a slash at its end.
      path: as the lock has it.

    Returns:
      The URL.
    """
    return (base if base.endswith("/") or not base else base + "/") + path

def _check_mirrors(mirrors, lock):
    for index in mirrors:
        if index not in lock["indexes"]:
            fail("mirrors: the lock has no index %s; it has: %s" % (index, ", ".join(sorted(lock["indexes"]))))
