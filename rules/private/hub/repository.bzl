"""The repository of a lock: one target for each project, and nothing fetched."""

load("//rules/private/environments:decode.bzl", "minor_version")
load("//rules/private/lock:decode.bzl", "artifact_repositories", "decode_lock")
load("//rules/private/lock:names.bzl", "normalized")
load("//rules/private/lock:staleness.bzl", "no_lock", "staleness")
load(":build_files.bzl", "hub_files")

_REPOSITORIES = '''"""The repositories of the artifacts of a lock. Made from the lock by rules_wheelhouse."""

load("@rules_wheelhouse//rules/private/artifacts:repository.bzl", "wheelhouse_artifact")

_COMMON = {common}

_ARTIFACTS = {artifacts}

def artifacts():
    """Declares, for a WORKSPACE, a repository for each artifact of the lock; none is fetched before it is needed."""
    for artifact in _ARTIFACTS:
        attributes = dict(_COMMON)
        attributes.update(artifact)
        wheelhouse_artifact(**attributes)

def file_of(repository, filename):
    """The label of an artifact, as a string that means the same wherever it is read."""
    return str(Label("@" + repository + "//:" + filename))
'''

def wheelhouse_attributes(hub, lock, overrides, mirrors, place):
    """The attributes of each artifact's repository.

    Args:
      hub: name of the lock's repository.
      lock: what `decode_lock` returned.
      overrides: project -> a dict as `wheelhouse_override` makes it.
      mirrors: index -> base URLs.
      place: label of the lock.

    Returns:
      A list of dicts.
    """
    rows = artifact_repositories(hub, lock, mirrors)
    for row in rows:
        override = overrides.get(row["project"], {})
        if override.get("patches"):
            row["patches"] = override["patches"]
            row["patch_strip"] = override.get("patch_strip", 0)
        if [url for url in row["urls"] if "://" not in url]:
            # Bazel takes every file that a label names for an input: what lies elsewhere would be fetched with each new lock.
            row["lock"] = place
    return rows

def decode_overrides(rows):
    """Overrides as they pass through attributes.

    Args:
      rows: list of JSON texts, each what `wheelhouse_override` returned.

    Returns:
      Normalised name of the project -> dict.
    """
    result = {}
    for row in rows:
        override = json.decode(row)
        project = normalized(override["project"])
        if project in result:
            fail("override of %s: there are two; put all into one" % project)
        result[project] = override
    return result

def _is_there(ctx):
    """Whether there is a lock. Bazel 4 fails by itself, with no word of what to do, where a label leads nowhere."""
    lock = ctx.attr.lock
    spec = ctx.attr.spec
    if not hasattr(ctx, "watch") and spec and str(spec).rpartition(":")[0] == str(lock).rpartition(":")[0]:
        path = ctx.path(spec).dirname
        for _ in spec.name.split("/")[1:]:
            path = path.dirname
        for part in lock.name.split("/"):
            path = path.get_child(part)
        if not path.exists:
            return False
    return ctx.path(lock).exists

def _wheelhouse_hub_impl(ctx):
    if not _is_there(ctx):
        fail(no_lock(ctx.attr.lock, ctx.attr.spec))
    if ctx.attr.wrong:
        fail(ctx.attr.wrong)
    lock = decode_lock(ctx.read(ctx.attr.lock), str(ctx.attr.lock))
    stale = staleness(ctx, lock, ctx.attr.lock, ctx.attr.spec) if ctx.attr.spec else ""
    overrides = decode_overrides(ctx.attr.overrides)
    for path, text in hub_files(ctx.attr.hub, lock, overrides, minor_version(ctx.attr.python_version), stale).items():
        ctx.file(path, text, executable = False)
    ctx.symlink(ctx.attr.lock, "lock.json")
    common = {
        "auth_patterns": ctx.attr.auth_patterns,
        "canonical_id": ctx.attr.canonical_id,
    }
    for name, label in [("directory", ctx.attr.directory), ("netrc", ctx.attr.netrc)]:
        if label:
            common[name] = _absolute(label)
    rows = wheelhouse_attributes(ctx.attr.hub, lock, overrides, ctx.attr.mirrors, _absolute(ctx.attr.lock))
    text = _REPOSITORIES.replace("{common}", repr(common)).replace("{artifacts}", repr(rows))
    ctx.file("repositories.bzl", text, executable = False)

def _absolute(label):
    text = str(label)
    return text if text.startswith("@") else "@" + text

HUB_ATTRIBUTES = {
    "auth_patterns": attr.string_dict(doc = "Host -> how credentials from netrc are sent, as for `http_archive`."),
    "canonical_id": attr.string(doc = "Restricts hits of the repository cache; the sha256 says enough, so it is empty."),
    "directory": attr.label(
        doc = "A file in a vendored tree (`//:third_party/wheels/manifest.json`) or in a directory of artifacts, which stands in for the network.",
    ),
    "lock": attr.label(mandatory = True, doc = "lock.json"),
    "mirrors": attr.string_list_dict(doc = "Index of the lock -> base URLs that stand in for its own."),
    "netrc": attr.label(doc = "A netrc file; default: $NETRC, else .netrc in the home directory."),
    "python_version": attr.string(
        doc = "major.minor that is meant where nothing else names a Python of the lock.",
    ),
    "spec": attr.label(doc = "The spec. With it, a lock that is stale is an error."),
}

wheelhouse_hub = repository_rule(
    implementation = _wheelhouse_hub_impl,
    attrs = dict(
        HUB_ATTRIBUTES,
        hub = attr.string(mandatory = True, doc = "Its name, as users write it."),
        overrides = attr.string_list(doc = "What `wheelhouse_override` returned, for each project."),
        wrong = attr.string(doc = "Why the lock cannot be read, where that is so."),
    ),
    doc = "The targets of a lock.",
)
