"""Whether the spec is still what the lock was made from: digests compared with no Python and no network."""

_STALE = """{lock} is stale: {reasons}.
It was made from other inputs, so what it locks may not be what the spec asks for. To mend it, run
    {command}
or `bazel run` the target `.resolve` that `wheelhouse_requirements` makes, and commit the new lock."""

def staleness(ctx, lock, lock_label, spec_label):
    """Whether the spec is another one, or it or a file that it includes has changed since the lock was made.

    It does not fail: what regenerates the lock may share a package with what uses it, and has to load.

    Args:
      ctx: of a repository rule.
      lock: what `decode_lock` returned.
      lock_label: the lock, for the message.
      spec_label: the spec; what it includes or extends is found from there.

    Returns:
      What is wrong and how to mend it; empty where nothing is.
    """
    spec = ctx.path(spec_label)
    directory = spec.dirname
    files = lock["inputs"]["files"]
    reasons = []
    made_from = [lock["inputs"]["spec"]] if "spec" in lock["inputs"] else sorted(files)
    if spec.basename not in made_from:
        reasons.append("%s is not what it was made from (%s)" % (spec.basename, ", ".join(made_from)))
    for name, sha256 in sorted(files.items()):
        path = _below(directory, name)
        if not path.exists:
            reasons.append("%s has vanished" % name)
        elif _sha256(ctx, _followed(ctx, spec_label, name, path)) != sha256:
            reasons.append("%s has changed" % name)
    if not reasons:
        return ""
    return _STALE.format(command = _command(lock_label, spec_label), lock = _shown(lock_label), reasons = "; ".join(reasons))

def no_lock(lock_label, spec_label):
    """What to say where there is no lock yet.

    Args:
      lock_label: where it has to be.
      spec_label: the spec that it is made from, or None.

    Returns:
      What is wrong and how to mend it.
    """
    command = _command(lock_label, spec_label) if spec_label else "wheelhouse resolve"
    return "%s is not there; `%s` makes it" % (lock_label, command)

def _command(lock_label, spec_label):
    return "wheelhouse resolve --spec %s --lock %s" % (_shown(spec_label), _shown(lock_label))

def _below(directory, name):
    path = directory
    for part in name.split("/"):
        path = path.dirname if part == ".." else path.get_child(part)
    return path

def _followed(ctx, spec_label, name, path):
    """The path, of which Bazel now knows that the repository depends on it."""
    if hasattr(ctx, "watch"):
        ctx.watch(path)
        return path
    if ".." in name.split("/"):
        return path  # no label leads there
    package = str(spec_label).rpartition(":")[0]
    return ctx.path(Label("%s%s:%s" % ("" if package.startswith("@") else "@", package, name)))

def _sha256(ctx, path):
    text = str(path)
    url = "file://" + (text if text.startswith("/") else "/" + text).replace("%", "%25").replace(" ", "%20")
    return ctx.download(url = url, output = ".input").sha256

def _shown(label):
    return "%s/%s" % (label.package, label.name) if label.package else label.name
