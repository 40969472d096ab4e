"""Where MODULE.bazel says that the resolver is. Plain logic."""

def declared_tool(modules):
    """The word of the first module that has one: the root module comes first.

    Args:
      modules: list of (name of a module, its tags as dicts of `file`, `sha256` and `url`).

    Returns:
      The attributes of `wheelhouse_tool`; none where nobody says anything.
    """
    for module, tags in modules:
        if tags:
            wrong = _wrong(tags)
            if wrong:
                fail("wheelhouse.tool of the module %s: %s" % (module, wrong))
            return tags[0]
    return {}

def _wrong(tags):
    tag = tags[0]
    if len(tags) > 1:
        return "there are %d; the resolver is one file, so keep one" % len(tags)
    if tag["file"] and tag["url"]:
        return "it names a file and a URL; keep one of them"
    if tag["url"] and not tag["sha256"]:
        return "what lies at %s is a program that runs here: give its sha256" % tag["url"]
    if tag["sha256"] and not tag["url"]:
        return "sha256 is that of what lies at a URL, and there is no `url`"
    return ""
