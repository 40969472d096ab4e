"""The repository of one artifact: its file, fetched by URL and sha256 when something is built that needs it."""

load("@bazel_tools//tools/build_defs/repo:utils.bzl", "read_netrc", "use_netrc")
load("//rules/private/lock:decode.bzl", "joined")

ROOT = ".wheelhouse-root"
MIRRORS = "WHEELHOUSE_MIRRORS"
DIRECTORY = "WHEELHOUSE_DIRECTORY"

_BUILD_FILE = """\"\"\"{filename}, as the lock has it.\"\"\"

exports_files(
    ["{filename}"],
    visibility = ["//visibility:public"],
)
"""

_BUILD_PATCHED = """\"\"\"{filename}, as the lock has it, and then patched.\"\"\"

filegroup(
    name = "{filename}",
    srcs = glob(
        ["contents/**"],
        exclude_directories = 1,
    ),
    visibility = ["//visibility:public"],
)
"""

def _wheelhouse_artifact_impl(ctx):
    filename = ctx.attr.filename
    patches = ctx.attr.patches
    urls = _urls(ctx)
    ctx.download(
        url = urls,
        output = ("archive/" if patches else "") + filename,
        sha256 = ctx.attr.sha256,
        canonical_id = ctx.attr.canonical_id,
        auth = _auth(ctx, urls),
    )
    if patches:
        _patch(ctx, "archive/" + filename)
    build = _BUILD_PATCHED if patches else _BUILD_FILE
    ctx.file("BUILD.bazel", build.format(filename = filename), executable = False)
    return ctx.repo_metadata(reproducible = True) if hasattr(ctx, "repo_metadata") else None

def _patch(ctx, archive):
    ctx.extract(archive, output = "contents", **({"type": "zip"} if archive.endswith(".whl") else {}))
    ctx.file("contents/" + ROOT, "", executable = False)
    for patch in ctx.attr.patches:
        # Patches name files from the root of the archive; Bazel applies them from the root of the repository.
        text = ctx.read(patch)
        ctx.file("patch", _below(text, ctx.attr.patch_strip, "contents/"), executable = False)
        ctx.patch("patch", strip = 0)
    ctx.delete("archive")
    ctx.delete("patch")

def _below(text, strip, directory):
    """A patch whose file names begin with `directory`, instead of with the parts that are stripped."""
    lines = []
    for line in text.split("\n"):
        for sign in ["--- ", "+++ "]:
            if line.startswith(sign) and not line.startswith(sign + "/dev/null"):
                line = sign + directory + "/".join(line[len(sign):].split("/")[strip:])
        lines.append(line)
    return "\n".join(lines)

def _urls(ctx):
    directory = _directory(ctx)
    if directory:
        return ["file://" + _quoted("%s/%s" % (directory, ctx.attr.filename))]
    mirrors = _mirrors(ctx)
    if ctx.attr.path and ctx.attr.index in mirrors:
        return [joined(mirrors[ctx.attr.index], ctx.attr.path)]
    return [url if "://" in url else "file://" + _quoted(str(ctx.path(ctx.attr.lock).dirname)) + "/" + url for url in ctx.attr.urls]

def _directory(ctx):
    """The folder that holds the file, of those that stand in for the network; empty where none does."""
    named = [path for path in _environ(ctx, DIRECTORY).split(_separator(ctx)) if path]
    given = [ctx.path(path) for path in named] or ([ctx.path(ctx.attr.directory).dirname] if ctx.attr.directory else [])
    searched = []
    for folder in given:
        files = folder.get_child("files")  # of a vendored tree; else a plain directory of artifacts
        held = files if files.exists else folder
        if held.get_child(ctx.attr.filename).exists:
            return str(held)
        searched.append(str(held))
    if searched:
        fail("%s is not in %s, which %s in for the network; `wheelhouse vendor` completes %s" % (
            ctx.attr.filename,
            " or ".join(searched),
            "stands" if len(searched) == 1 else "stand",
            "it" if len(searched) == 1 else "what is incomplete",
        ))
    return ""

def _separator(ctx):
    """Of folders, as in PATH."""
    return ";" if ctx.os.name.startswith("windows") else ":"

def _mirrors(ctx):
    """index=URL pairs, separated by spaces; several URLs for an index are not needed here, as one environment sets them."""
    result = {}
    for pair in _environ(ctx, MIRRORS).split(" "):
        if pair:
            index, equals, url = pair.partition("=")
            if not equals:
                fail("%s: %s is not of the form index=URL" % (MIRRORS, pair))
            result[index] = url
    return result

def _environ(ctx, name):
    # Not `getenv`, which Bazel would take for an input: the digest decides what the file is, wherever it came from, and a
    # vendor directory or a cache has to hold for another home.
    return ctx.os.environ.get(name, "")

def _auth(ctx, urls):
    netrc = ctx.path(ctx.attr.netrc) if ctx.attr.netrc else _netrc_of_the_user(ctx)
    return use_netrc(read_netrc(ctx, netrc), urls, ctx.attr.auth_patterns) if netrc and netrc.exists else {}

def _netrc_of_the_user(ctx):
    named = _environ(ctx, "NETRC")
    if named:
        return ctx.path(named)
    home = _environ(ctx, "USERPROFILE" if ctx.os.name.startswith("windows") else "HOME")
    return ctx.path(home).get_child(".netrc") if home else None

def _quoted(path):
    text = path if path.startswith("/") else "/" + path
    return text.replace("%", "%25").replace(" ", "%20").replace("#", "%23").replace("?", "%3F")

wheelhouse_artifact = repository_rule(
    implementation = _wheelhouse_artifact_impl,
    attrs = {
        "auth_patterns": attr.string_dict(
            doc = "Host -> how credentials from netrc are sent, as for `http_archive`: `Bearer <password>`.",
        ),
        "canonical_id": attr.string(
            doc = "Restricts hits of the repository cache to entries with this id. The sha256 says enough, so it is empty.",
        ),
        "directory": attr.label(
            doc = "A file in a vendored tree (its manifest.json) or in a plain directory of artifacts, which then stands in for the network.",
        ),
        "filename": attr.string(mandatory = True, doc = "Of the artifact."),
        "index": attr.string(doc = "Name of its index, for mirrors."),
        "lock": attr.label(doc = "The lock, where a URL has no scheme. Elsewhere it would be an input that says nothing of the artifact."),
        "netrc": attr.label(doc = "A netrc file; default: $NETRC, else .netrc in the home directory."),
        "patch_strip": attr.int(doc = "Leading parts to strip from file names in patches."),
        "patches": attr.label_list(doc = "Patches to what is in the archive."),
        "path": attr.string(doc = "Below the base URL of its index."),
        "project": attr.string(doc = "Whose artifact it is."),
        "sha256": attr.string(mandatory = True, doc = "What its bytes have to be."),
        "urls": attr.string_list(mandatory = True, doc = "Where it lies; a path without a scheme lies beside the lock."),
    },
    doc = "Fetches one artifact of a lock.",
)
