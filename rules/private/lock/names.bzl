"""Names: of projects (PEP 503), of repositories, of targets, of files."""

_SAFE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
_IN_PROJECT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

def normalized(name):
    """The normalised name of a project (PEP 503).

    Args:
      name: as somebody wrote it, `Typing_Extensions`.

    Returns:
      `typing-extensions`.
    """
    words = name.lower().replace("_", "-").replace(".", "-").split("-")
    return "-".join([word for word in words if word])

def project_of(requirement):
    """The normalised name of the project that a requirement (PEP 508) asks for.

    Args:
      requirement: `Requests[socks]>=2.31`.

    Returns:
      `requests`.
    """
    text = requirement.strip()
    for position in range(len(text)):
        if text[position] not in _IN_PROJECT:
            return normalized(text[:position])
    return normalized(text)

def repository_name(hub, filename, sha256):
    """The repository of one artifact.

    Args:
      hub: name of the lock's repository.
      filename: name of the artifact.
      sha256: its digest, which tells apart what differs only in characters that no repository's name may hold.

    Returns:
      A name that is valid for a repository on every Bazel.
    """
    safe = "".join([character if character in _SAFE else "_" for character in filename.elems()])
    return "%s__%s" % (hub, safe if safe == filename else "%s.%s" % (safe, sha256[:8]))

def build_name(sdist, environment):
    """The target that builds a source distribution for an environment.

    Args:
      sdist: file name.
      environment: name of the environment.

    Returns:
      A target's name in the package `_builds`.
    """
    return "%s@%s" % (sdist, environment)

def path_of(label, package):
    """Where a file of the repository lies that need not be there.

    Args:
      label: of the file, as a string or a Label.
      package: to which a label without one is relative.

    Returns:
      A path below the root of the repository.
    """
    _, slashes, absolute = str(label).rpartition("//")
    name = absolute.lstrip(":")
    if slashes:
        package, colon, name = absolute.partition(":")
        name = name if colon else package.rpartition("/")[2]
    return "%s/%s" % (package, name) if package else name
