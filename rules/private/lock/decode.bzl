"""The text of a lock -> what the rules take from it. Plain data, so that it can be tested without Bazel."""

load(":names.bzl", "repository_name")

_VERSION = 1

def decode_lock(text, origin):
    """Reads a lock.

    Args:
      text: `lock.json`, which the resolver wrote.
      origin: what to call it in errors.

    Returns:
      The JSON document as dicts and lists; it fails where this is no lock of a version known here.
    """
    lock = json.decode(text)
    if type(lock) != "dict" or "lock_version" not in lock:
        fail("%s is not a lock of wheelhouse: it has no lock_version; `wheelhouse resolve` makes one" % origin)
    if lock["lock_version"] != _VERSION:
        fail("%s has lock_version %s, and these rules read %d: use the rules_wheelhouse that fits, or make it anew" % (
            origin,
            lock["lock_version"],
            _VERSION,
        ))
    return lock

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
